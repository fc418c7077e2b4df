// Package safetensors writes and reads weights as safetensors files, which PyTorch, JAX, NumPy and others read: a JSON
// header with the tensors' names, types, shapes and places and a map of texts, then the values, little-endian.
//
// Invariants: tensors are float32 (F32), row-major, in the order of their names; the same tensors and texts give the
// same bytes; writing takes the memory of the largest tensor, not of all.
//
// Read next: safetensors.go.
package safetensors
