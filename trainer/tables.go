package trainer

// Limits of single values. They keep every product of sizes that the parser forms far from overflow; what a network may
// cost as a whole is in Limits.
const (
	maxWidth  = 1 << 20 // filters, units
	maxWindow = 1024    // kernel, pool size, stride, zero padding
	maxImage  = 1 << 16 // height, width, channels
	maxLabel  = 1 << 16 // classes
	maxSeed   = 1<<53 - 1
)

// BatchNormMomentum and BatchNormEpsilon are Keras's defaults. Conv and dense layers with batch norm always use them.
const (
	BatchNormMomentum = 0.99
	BatchNormEpsilon  = 1e-3
)

var (
	activations  = words(Linear, ReLU, LeakyReLU, ELU, SELU, Sigmoid, Tanh, Softmax)
	paddings     = words(Same, Valid)
	initializers = words(GlorotUniform, GlorotNormal, HeUniform, HeNormal)
)

func words[S ~string](values ...S) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

type (
	layerField     = field[Layer]
	optimizerField = field[Optimizer]
	scheduleField  = field[Schedule]
)

// The fields of layers.
var (
	filters = layerField{key: "filters", doc: "number of filters, the channels of the output",
		at: func(l *Layer) any { return &l.Filters }, min: 1, max: maxWidth}
	units = layerField{key: "units", doc: "number of outputs",
		at: func(l *Layer) any { return &l.Units }, min: 1, max: maxWidth}
	kernel = layerField{key: "kernel", doc: "height and width of the filters, one number for a square",
		at: func(l *Layer) any { return &l.Kernel }, min: 1, max: maxWindow}
	stride = layerField{key: "stride", doc: "rows and columns from one window to the next",
		at: func(l *Layer) any { return &l.Stride }, def: [2]int{1, 1}, min: 1, max: maxWindow}
	size = layerField{key: "size", doc: "height and width of the window, one number for a square",
		at: func(l *Layer) any { return &l.Size }, def: [2]int{2, 2}, min: 1, max: maxWindow}
	poolStride = layerField{key: "stride", doc: "rows and columns from one window to the next; left out: the size",
		at: func(l *Layer) any { return &l.Stride }, def: func(l Layer) any { return l.Size }, min: 1, max: maxWindow}
	padding = layerField{key: "padding",
		doc: `"same": output = ceil(input / stride), zeros shared out as in Keras; "valid": none`,
		at:  func(l *Layer) any { return &l.Padding }, def: "valid", choices: paddings}
	pad = layerField{key: "padding", doc: "rows above and below, columns left and right, one number for both",
		at: func(l *Layer) any { return &l.Pad }, def: [2]int{1, 1}, max: maxWindow}
	bias = layerField{key: "bias", doc: "one added value for each output channel",
		at: func(l *Layer) any { return &l.Bias }, def: true}
	initializer = layerField{key: "initializer", doc: "distribution of the initial weights",
		at: func(l *Layer) any { return &l.Initializer }, def: "glorot_uniform", choices: initializers}
	l1 = layerField{key: "l1", doc: "l1·Σ|w| is added to the loss",
		at: func(l *Layer) any { return &l.L1 }, def: 0.0, max: 1000}
	l2 = layerField{key: "l2", doc: "l2·Σw² is added to the loss",
		at: func(l *Layer) any { return &l.L2 }, def: 0.0, max: 1000}
	batchNorm = layerField{key: "batch_norm", doc: "batch norm between weights and activation",
		at: func(l *Layer) any { return &l.BatchNorm }, def: false}
	activation = layerField{key: "activation", doc: "activation function",
		at: func(l *Layer) any { return &l.Activation }, def: "linear", choices: activations}
	ownActivation = layerField{key: "activation", doc: "activation function",
		at: func(l *Layer) any { return &l.Activation }, choices: activations}
	negativeSlope = layerField{key: "negative_slope", doc: "slope of leaky_relu below zero",
		at: func(l *Layer) any { return &l.NegativeSlope }, def: 0.3, max: 1,
		when: func(l Layer) bool { return l.Activation == LeakyReLU }, whenText: "where activation is leaky_relu"}
	rate = layerField{key: "rate", doc: "share of values set to zero in training",
		at: func(l *Layer) any { return &l.Rate }, max: 1, below: true}
	momentum = layerField{key: "momentum", doc: "of the running statistics",
		at: func(l *Layer) any { return &l.Momentum }, def: BatchNormMomentum, max: 1, below: true}
	epsilon = layerField{key: "epsilon", doc: "added to the variance",
		at: func(l *Layer) any { return &l.Epsilon }, def: BatchNormEpsilon, min: 1e-12, max: 1}
	body = layerField{
		key: "body", doc: "the layers whose output the shortcut's is added to; one layer stands for a list of one",
		at: func(l *Layer) any { return &l.Body }, min: 1,
	}
	shortcut = layerField{key: "shortcut",
		doc: "the layers beside the body, usually one conv of kernel 1 that gives the input the body's shape; left " +
			"out: the input itself",
		at: func(l *Layer) any { return &l.Shortcut }, def: []Layer(nil)}
)

// layerKind is a type of layer: what the parser, the shapes and the checks know of it, and its keys beside "type" and
// "name". What it makes of its input's size is in Layer.output, what it is made of in trainer/graph.
type layerKind struct {
	name    LayerType
	doc     string
	takes   form
	gives   form   // anyForm: what it takes
	ends    ending // whether a network may end in it
	outputs string // the key that sets the number of its channels or features; sameOutputs; "" where neither holds
	pools   pooling
	fields  []layerField
}

// pooling is what a pool's window covers.
type pooling int

const (
	noPool     pooling = iota
	windowPool         // Layer.Size, moved by Layer.Stride
	globalPool         // the whole plane
)

// form is what the values between two layers are.
type form int

const (
	anyForm form = iota
	imageForm
	flatForm
)

// ending is how a network may end in a layer.
type ending int

const (
	neverEnds  ending = iota
	ownSoftmax        // its own activation is softmax
	addSoftmax        // where softmax is added after it
)

// sameOutputs: as many channels or features as the input has.
const sameOutputs = "as the input"

var (
	poolFields   = []layerField{size, poolStride, padding}
	weightFields = []layerField{bias, initializer, l1, l2, batchNorm, activation, negativeSlope}
	convFields   = append([]layerField{filters, kernel, stride, padding}, weightFields...)
	denseFields  = append([]layerField{units}, weightFields...)
)

// layerKinds are the types of layers; residual, which has layers inside, is the last.
var layerKinds = []layerKind{
	{Conv, "convolution of an image", imageForm, imageForm, neverEnds, "filters", noPool, convFields},
	{MaxPool, "maximum of each window", imageForm, imageForm, neverEnds, "", windowPool, poolFields},
	{AvgPool, "mean of each window, without the padding", imageForm, imageForm, neverEnds, "", windowPool, poolFields},
	{GlobalAvgPool, "mean of each channel", imageForm, flatForm, addSoftmax, sameOutputs, globalPool, nil},
	{GlobalMaxPool, "maximum of each channel", imageForm, flatForm, addSoftmax, sameOutputs, globalPool, nil},
	{BatchNorm, "batch norm of each channel (Ioffe & Szegedy 2015)",
		anyForm, anyForm, addSoftmax, sameOutputs, noPool, []layerField{momentum, epsilon}},
	{Activate, "activation function as a layer of its own",
		anyForm, anyForm, ownSoftmax, sameOutputs, noPool, []layerField{ownActivation, negativeSlope}},
	{Dropout, "sets single values to zero in training",
		anyForm, anyForm, neverEnds, sameOutputs, noPool, []layerField{rate}},
	{SpatialDropout, "sets whole channels to zero in training",
		imageForm, imageForm, neverEnds, sameOutputs, noPool, []layerField{rate}},
	{Flatten, "turns an image into a list of features", anyForm, flatForm, addSoftmax, "", noPool, nil},
	{Dense, "fully connected layer", flatForm, flatForm, ownSoftmax, "units", noPool, denseFields},
	{ZeroPad, "surrounds an image with zeros", imageForm, imageForm, neverEnds, "", noPool, []layerField{pad}},
	{Residual, "adds the output of its shortcut to that of its body (He et al. 2016); an activation layer may follow",
		anyForm, anyForm, neverEnds, "", noPool, []layerField{body, shortcut}},
}

// kind is the layer's type; zero where there is none such.
func (l Layer) kind() layerKind {
	for _, k := range layerKinds {
		if k.name == l.Type {
			return k
		}
	}
	return layerKind{}
}

// layerVariants are the types of layers as the parser reads them; innerVariants those inside a residual block.
var (
	layerVariants = variantsOf(layerKinds)
	innerVariants = layerVariants[:len(layerVariants)-1]
)

func variantsOf(kinds []layerKind) []variant[Layer] {
	variants := make([]variant[Layer], len(kinds))
	for i, k := range kinds {
		variants[i] = variant[Layer]{string(k.name), k.doc, k.fields}
	}
	return variants
}

// learningRate has a default for each optimizer.
func learningRate(def float64) optimizerField {
	return optimizerField{key: "learning_rate", doc: "at the start",
		at: func(o *Optimizer) any { return &o.LearningRate }, def: def, min: 1e-12, max: 1000}
}

var (
	optimizerMomentum = optimizerField{key: "momentum", doc: "share of the last update that is kept",
		at: func(o *Optimizer) any { return &o.Momentum }, def: 0.0, max: 1, below: true}
	nesterov = optimizerField{key: "nesterov", doc: "Nesterov's momentum",
		at: func(o *Optimizer) any { return &o.Nesterov }, def: false}
	rho = optimizerField{key: "rho", doc: "decay of the mean of squared gradients",
		at: func(o *Optimizer) any { return &o.Rho }, def: 0.9, max: 1, below: true}
	beta1 = optimizerField{key: "beta_1", doc: "decay of the mean of gradients",
		at: func(o *Optimizer) any { return &o.Beta1 }, def: 0.9, max: 1, below: true}
	beta2 = optimizerField{key: "beta_2", doc: "decay of the mean of squared gradients",
		at: func(o *Optimizer) any { return &o.Beta2 }, def: 0.999, max: 1, below: true}
	optimizerEpsilon = optimizerField{key: "epsilon", doc: "added to the root of the mean of squared gradients",
		at: func(o *Optimizer) any { return &o.Epsilon }, def: 1e-7, min: 1e-12, max: 1}
	weightDecay = optimizerField{key: "weight_decay", doc: "decoupled decay of the weights (Loshchilov & Hutter 2019)",
		at: func(o *Optimizer) any { return &o.WeightDecay }, def: 0.004, max: 1}
)

var optimizerVariants = []variant[Optimizer]{
	{string(SGD), "stochastic gradient descent", []optimizerField{learningRate(0.01), optimizerMomentum, nesterov}},
	{string(RMSprop), "RMSprop (Tieleman & Hinton 2012)",
		[]optimizerField{learningRate(0.001), rho, optimizerMomentum, optimizerEpsilon}},
	{string(Adam), "Adam (Kingma & Ba 2015)", []optimizerField{learningRate(0.001), beta1, beta2, optimizerEpsilon}},
	{string(AdamW), "Adam with decoupled weight decay",
		[]optimizerField{learningRate(0.001), beta1, beta2, optimizerEpsilon, weightDecay}},
}

var warmup = scheduleField{key: "warmup", doc: "epochs, at most half of them, over which the rate grows in equal " +
	"steps to what the type says (Goyal et al. 2017)",
	at: func(s *Schedule) any { return &s.Warmup }, def: 0.0, max: 5000, later: true}

var scheduleVariants = []variant[Schedule]{
	{string(Constant), "the learning rate stays", []scheduleField{warmup}},
	{string(StepDown), "the learning rate drops every few epochs", []scheduleField{
		{key: "every", doc: "epochs between two drops", at: func(s *Schedule) any { return &s.Every }, min: 1,
			max: 10_000},
		{key: "factor", doc: "the rate is multiplied by it at every drop",
			at: func(s *Schedule) any { return &s.Factor }, def: 0.1, max: 1, above: true, below: true},
		warmup,
	}},
	{string(Cosine), "half a cosine down (Loshchilov & Hutter 2017)", []scheduleField{
		{key: "minimum", doc: "share of the learning rate that is left at the end",
			at: func(s *Schedule) any { return &s.Minimum }, def: 0.0, max: 1},
		warmup,
	}},
}

// trainingFields are the plain keys of "training"; optimizer, schedule and augment are objects beside them.
var trainingFields = []field[Training]{
	{key: "clip_norm", doc: "greatest global L2 norm of all gradients; 0: no clipping",
		at: func(t *Training) any { return &t.ClipNorm }, def: 0.0, max: 1e9},
	{key: "batch_size", doc: "images in a training step", at: func(t *Training) any { return &t.BatchSize }, def: 64,
		min: 1, max: 1 << 16},
	{key: "epochs", doc: "passes over the training images", at: func(t *Training) any { return &t.Epochs }, def: 15,
		min: 1, max: 10_000},
	{key: "seed", doc: "of weights, order, dropout and augmentation", at: func(t *Training) any { return &t.Seed },
		def: 1, max: maxSeed},
	{key: "class_weights", doc: "weight of an image in the training loss by the number n of training images of its " +
		"class: \"balanced\" 1/n, \"balanced_root\" 1/√n, both with the mean 1",
		at: func(t *Training) any { return &t.ClassWeights }, def: NoClassWeights,
		choices: words(NoClassWeights, BalancedClasses, RootBalancedClasses), later: true},
}

var augmentFields = []field[Augment]{
	{key: "flip", doc: "mirror images left to right with probability ½", at: func(a *Augment) any { return &a.Flip },
		def: false},
	{key: "crop", doc: "shift images by up to this many pixels each way; at most half the smaller side",
		at: func(a *Augment) any { return &a.Crop }, def: 0, max: maxImage / 2},
}
