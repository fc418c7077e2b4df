package trainer

// Images is a list of labelled images: Pixels has one byte a value, NCHW; Labels the class numbers.
type Images struct {
	Pixels []byte
	Labels []uint16
}

// Len is the number of images.
func (i Images) Len() int { return len(i.Labels) }

// Dataset is a data set in memory. Pixels are divided by 255 when a batch is made, as in the paper.
type Dataset struct {
	Name      string
	ID        string // hash of the content
	Height    int
	Width     int
	Channels  int
	Classes   []string
	SplitSeed uint64 // which training images are the validation set
	Train     Images // training and validation images
	Test      Images
}

// ImageSize is the number of values of one image, channels·height·width.
func (d *Dataset) ImageSize() int { return d.Channels * d.Height * d.Width }
