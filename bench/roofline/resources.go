package main

// need is what a thread and a block of a kernel take: registers on sm_70 and sm_90, bytes of shared memory.
type need struct{ registers70, registers90, shared int }

func (n need) registers(c card) int {
	if c.hopper {
		return n.registers90
	}
	return n.registers70
}

// resources are as `interop/cuda.sh` prints them (ptxas 12.9). A kernel that is not here is a mistake that the test
// finds.
var resources = map[string]need{
	"pw_activation":         {22, 20, 0},
	"pw_activation_grad":    {20, 18, 0},
	"pw_adam":               {32, 32, 0},
	"pw_add":                {18, 19, 0},
	"pw_avg_pool":           {31, 31, 0},
	"pw_avg_pool_grad":      {31, 31, 0},
	"pw_bias":               {24, 20, 0},
	"pw_channel_join":       {32, 32, 0},
	"pw_channel_products":   {24, 27, 3072},
	"pw_channel_squares":    {26, 28, 3072},
	"pw_channel_sums":       {26, 24, 3072},
	"pw_channel_zeros":      {26, 24, 3072},
	"pw_clip":               {14, 14, 0},
	"pw_clip_factor":        {24, 24, 2048},
	"pw_conv_data_large":    {128, 118, 16896},
	"pw_conv_data_medium":   {80, 78, 12800},
	"pw_conv_data_small":    {72, 64, 17408},
	"pw_conv_data_thin":     {80, 72, 21504},
	"pw_conv_filter_deep":   {80, 72, 18432},
	"pw_conv_filter_large":  {128, 120, 16896},
	"pw_conv_filter_medium": {80, 79, 12800},
	"pw_conv_filter_small":  {80, 72, 17408},
	"pw_conv_filter_thin":   {80, 80, 21504},
	"pw_conv_large":         {128, 123, 16896},
	"pw_conv_medium":        {80, 77, 12800},
	"pw_conv_small":         {77, 72, 17408},
	"pw_conv_thin":          {80, 80, 21504},
	"pw_copy":               {16, 18, 0},
	"pw_correct":            {24, 24, 2048},
	"pw_cross_entropy":      {32, 32, 3072},
	"pw_cross_entropy_grad": {29, 27, 0},
	"pw_distance":           {24, 28, 2048},
	"pw_distance_join":      {25, 26, 2048},
	"pw_dropout":            {40, 48, 0},
	"pw_gather":             {14, 14, 0},
	"pw_gemm_nn_deep":       {60, 60, 18432},
	"pw_gemm_nn_large":      {117, 116, 16896},
	"pw_gemm_nn_small":      {59, 60, 17408},
	"pw_gemm_nt_deep":       {61, 58, 18432},
	"pw_gemm_nt_large":      {114, 112, 16896},
	"pw_gemm_nt_small":      {56, 56, 17408},
	"pw_gemm_tn_deep":       {64, 63, 18432},
	"pw_gemm_tn_large":      {119, 117, 16896},
	"pw_gemm_tn_small":      {61, 61, 17408},
	"pw_gemm_tt_small":      {60, 61, 17408},
	"pw_join":               {40, 32, 0},
	"pw_max_pool":           {28, 28, 0},
	"pw_max_pool_grad":      {47, 39, 0},
	"pw_norm_apply":         {31, 31, 0},
	"pw_norm_data_grad":     {38, 38, 0},
	"pw_norm_update":        {19, 20, 0},
	"pw_pad":                {12, 14, 0},
	"pw_pad_grad":           {11, 12, 0},
	"pw_penalty":            {21, 20, 0},
	"pw_rmsprop":            {26, 24, 0},
	"pw_sgd":                {22, 22, 0},
	"pw_softmax":            {32, 32, 0},
	"pw_softmax_grad":       {32, 32, 0},
	"pw_squares":            {16, 16, 2048},
	"pw_stats_fine":         {46, 40, 12288},
	"pw_stats_finish":       {32, 40, 6920},
	"pw_stats_middle":       {32, 32, 12312},
	"pw_stats_moments":      {27, 27, 2048},
	"pw_stats_octaves":      {48, 51, 32768},
	"pw_stats_sums":         {21, 23, 4096},
}
