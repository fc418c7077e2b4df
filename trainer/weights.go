package trainer

// Tensor is a named array of a trained net: its kernels, biases and what belongs to batch norms. Other formats
// (safetensors, PyTorch, Keras) are written from these.
//
// Names are the layer's name, a dot and: kernel (conv: filters, channels, kernel height, kernel width; dense: inputs,
// units), bias, and for a batch norm gamma, beta, moving_mean and moving_variance (channels). What flatten gives a
// dense layer is in the order channels, rows, columns.
type Tensor struct {
	Name   string
	Shape  []int
	Values []float32 // row-major
}
