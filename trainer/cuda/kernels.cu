// Every operation of trainer/op*.go for one device. Compiled to PTX by `make ptx`, and by g++ for the software device.
//
// No atomics, and every sum is taken in an order that follows from the sizes alone: the same call on the same data gives
// the same bits on every device of a kind. A block has 256 threads unless said otherwise. Indices are 32 bits wide: the
// Go side refuses arrays of nearly 2³¹ values (mostValues). Buffers start at a multiple of 16 bytes.
#include "device.h"

#include "kernels/helpers.cuh"

#include "kernels/operands.cuh" // what products read: matrices, and images seen as such
#include "kernels/product.cuh"  // matrix products and convolutions

#include "kernels/elementwise.cuh" // bias, activations, batch norm, dropout, padding, the making of batches
#include "kernels/channels.cuh"    // sums by channel
#include "kernels/pool.cuh"
#include "kernels/loss.cuh" // and softmax
#include "kernels/update.cuh"
#include "kernels/statistics.cuh"
