package dataset

import (
	"maps"
	"slices"
)

// official is a data set as its authors publish it.
type official struct {
	base    string // URL, with a slash at the end
	files   []download
	classes []string // of data sets whose files hold only numbers
}

// download is one file; the checksums are those that the authors (for mnist: torchvision) state.
type download struct{ name, md5 string }

var officialSets = map[string]official{
	"fashion-mnist": {
		base: "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
		files: []download{
			{idxTrainImages + ".gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
			{idxTrainLabels + ".gz", "25c81989df183df01b3e8a0aad5dffbe"},
			{idxTestImages + ".gz", "bef4ecab320f06d8554ea6380940ec79"},
			{idxTestLabels + ".gz", "bb300cfdad3c16e7a12a480ee83cd310"},
		},
		classes: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
	},
	"mnist": {
		base: "https://ossci-datasets.s3.amazonaws.com/mnist/",
		files: []download{
			{idxTrainImages + ".gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
			{idxTrainLabels + ".gz", "d53e105ee54ea40749a09fcbcd1e9432"},
			{idxTestImages + ".gz", "9fb629c4189551a2d022fa330f9573f3"},
			{idxTestLabels + ".gz", "ec29112dd5afa0611ce80d1b7f02629c"},
		},
	},
	"cifar10": {
		base:  "https://www.cs.toronto.edu/~kriz/",
		files: []download{{"cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"}},
	},
	"cifar100": {
		base:  "https://www.cs.toronto.edu/~kriz/",
		files: []download{{"cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8"}},
	},
}

// Official returns the names of the data sets that Get fetches.
func (l *Library) Official() []string { return slices.Sorted(maps.Keys(l.official)) }
