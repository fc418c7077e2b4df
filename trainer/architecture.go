package trainer

// LayerType names a kind of layer in the architecture JSON.
type LayerType string

// The layer types.
const (
	Conv           LayerType = "conv"
	MaxPool        LayerType = "max_pool"
	AvgPool        LayerType = "avg_pool"
	GlobalAvgPool  LayerType = "global_avg_pool"
	GlobalMaxPool  LayerType = "global_max_pool"
	BatchNorm      LayerType = "batch_norm"
	Activate       LayerType = "activation"
	Dropout        LayerType = "dropout"
	SpatialDropout LayerType = "spatial_dropout"
	Flatten        LayerType = "flatten"
	Dense          LayerType = "dense"
	ZeroPad        LayerType = "zero_pad"
	Residual       LayerType = "residual"
)

// Activation names an activation function.
type Activation string

// The activation functions. Elu has alpha 1; selu has the constants of Klambauer et al. 2017; leaky_relu takes its
// slope from Layer.NegativeSlope.
const (
	Linear    Activation = "linear"
	ReLU      Activation = "relu"
	LeakyReLU Activation = "leaky_relu"
	ELU       Activation = "elu"
	SELU      Activation = "selu"
	Sigmoid   Activation = "sigmoid"
	Tanh      Activation = "tanh"
	Softmax   Activation = "softmax"
)

// Padding is "same" (output size = ceil(input / stride), zeros shared out as in Keras) or "valid" (none).
type Padding string

// The paddings.
const (
	Same  Padding = "same"
	Valid Padding = "valid"
)

// Initializer names the distribution of the initial weights (Glorot & Bengio 2010, He et al. 2015).
type Initializer string

// The initialisers.
const (
	GlorotUniform Initializer = "glorot_uniform"
	GlorotNormal  Initializer = "glorot_normal"
	HeUniform     Initializer = "he_uniform"
	HeNormal      Initializer = "he_normal"
)

// Layer is one layer with all defaults filled in. Which fields count depends on Type; the others are zero.
// Pairs are (height, width). Within a layer the order is weights, batch norm, activation.
type Layer struct {
	Type          LayerType
	Name          string      // unique; given, or conv1, conv2, dense1 …
	Filters       int         // conv
	Units         int         // dense
	Kernel        [2]int      // conv
	Stride        [2]int      // conv, pools
	Size          [2]int      // pools
	Padding       Padding     // conv, pools
	Pad           [2]int      // zero_pad: rows above and below, columns left and right
	Bias          bool        // conv, dense
	Initializer   Initializer // conv, dense
	L1, L2        float64     // conv, dense: l1·Σ|w| + l2·Σw² is added to the loss, as in Keras (bias not penalised)
	BatchNorm     bool        // conv, dense: batch norm between weights and activation
	Activation    Activation  // conv, dense, activation
	NegativeSlope float64     // where Activation is leaky_relu
	Rate          float64     // dropout, spatial_dropout: share of values set to zero
	Momentum      float64     // batch_norm, and conv/dense with BatchNorm: of the running statistics
	Epsilon       float64     // batch_norm, and conv/dense with BatchNorm
	// residual: at least one layer; the output is that of Body plus that of Shortcut (He et al. 2016)
	Body     []Layer
	Shortcut []Layer // residual: none for the identity, else usually a conv of kernel 1; no residual in either
}

// HasWeights says whether the layer has a kernel of weights: statistics are kept for these layers.
func (l Layer) HasWeights() bool { return l.Type == Conv || l.Type == Dense }

// OptimizerType names an optimizer.
type OptimizerType string

// The optimizers.
const (
	SGD     OptimizerType = "sgd"
	RMSprop OptimizerType = "rmsprop"
	Adam    OptimizerType = "adam"
	AdamW   OptimizerType = "adamw"
)

// Optimizer holds the update rule and its constants; which count depends on Type.
type Optimizer struct {
	Type         OptimizerType
	LearningRate float64
	Momentum     float64 // sgd, rmsprop
	Nesterov     bool    // sgd
	Rho          float64 // rmsprop
	Beta1, Beta2 float64 // adam, adamw
	Epsilon      float64 // rmsprop, adam, adamw
	WeightDecay  float64 // adamw: decoupled (Loshchilov & Hutter 2019)
}

// ScheduleType names how the learning rate moves over the full run.
type ScheduleType string

// The schedules.
const (
	Constant ScheduleType = "constant"
	StepDown ScheduleType = "step"
	Cosine   ScheduleType = "cosine"
)

// Schedule lays the learning rate out over all epochs of the full run, also when only a probe of it is trained.
type Schedule struct {
	Type    ScheduleType
	Every   int     // step: epochs between two drops
	Factor  float64 // step: the rate is multiplied by it at every drop
	Minimum float64 // cosine: the share of the learning rate that is left at the end
	// Warmup is the number of epochs, at most half of them, over which the rate grows in equal steps to what the type
	// says (Goyal et al. 2017); 0: none.
	Warmup float64
}

// Augment says what random changes training images get.
type Augment struct {
	Flip bool // mirrored left to right with probability ½
	Crop int  // shifted by up to Crop pixels each way, zeros moving in
}

// Training holds the training settings of an architecture.
type Training struct {
	Optimizer Optimizer
	Schedule  Schedule
	ClipNorm  float64 // global L2 norm of all gradients; 0: no clipping
	BatchSize int
	Epochs    int // of the full run
	Augment   Augment
	Seed      uint64
	// ClassWeights says how much an image counts in the training loss, by how frequent its class is.
	ClassWeights ClassWeighting
}

// ClassWeighting gives images of rare classes more weight in the training loss. Weights have the mean 1 over the
// training images.
type ClassWeighting string

// The weightings of a class of n training images.
const (
	NoClassWeights      ClassWeighting = "none"
	BalancedClasses     ClassWeighting = "balanced"      // 1/n, so that all classes count alike (King & Zeng 2001)
	RootBalancedClasses ClassWeighting = "balanced_root" // 1/√n, between the two
)

// Architecture is a network and its training settings with all defaults filled in. The last layer's activation is
// softmax over Classes.
type Architecture struct {
	Version  int
	Name     string
	Input    [3]int // height, width, channels: the order of the JSON
	Classes  int
	Layers   []Layer
	Training Training
}

// Finding is one thing that is wrong (or, in a list of warnings, remarkable) about an architecture.
type Finding struct {
	Pointer string `json:"pointer"` // JSON Pointer (RFC 6901) into the document as the user wrote it
	Code    string `json:"code"`    // stable: out-of-range, unknown-key, …
	Message string `json:"message"`
}

// InvalidError reports everything that is wrong with an architecture, in document order.
type InvalidError struct{ Findings []Finding }

// IsPool says whether the layer is a pool, a global one included.
func (l Layer) IsPool() bool { return l.kind().pools != noPool }

// IsDropout says whether the layer drops values or whole channels.
func (l Layer) IsDropout() bool { return l.Type == Dropout || l.Type == SpatialDropout }
