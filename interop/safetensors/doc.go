// Command safetensors writes down the test images of the embedded sample, for ../safetensors.sh: another program
// computes them with weights that were trained here.
//
//	safetensors -out FOLDER
//
// The folder gets pixels.u8 (images, channels, rows, columns; a byte each) and labels.u16 (little-endian).
//
// Read next: main.go, compare.py.
package main
