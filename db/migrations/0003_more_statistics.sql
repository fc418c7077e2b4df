-- Shape and movement of what a layer computes with: what records of older versions lack is null.

ALTER TABLE layer_statistics ADD COLUMN kurtosis REAL;
ALTER TABLE layer_statistics ADD COLUMN q01 REAL;
ALTER TABLE layer_statistics ADD COLUMN q50 REAL;
ALTER TABLE layer_statistics ADD COLUMN q99 REAL;
ALTER TABLE layer_statistics ADD COLUMN histogram BLOB; -- a float32 a bin, little-endian
ALTER TABLE layer_statistics ADD COLUMN update_ratio REAL; -- of weights
ALTER TABLE layer_statistics ADD COLUMN gradient_noise REAL; -- of gradients
