package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/danielgtaylor/huma/v2"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

type datasetList struct {
	Body struct {
		Datasets []dataset.Manifest `json:"datasets" nullable:"false"`
	}
}

type datasetBody struct {
	Body dataset.Manifest
}

// archive is an upload. It is read from the connection as it comes.
type archive struct {
	Name   string `query:"name" required:"true" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
	Digest string `header:"Content-Digest" doc:"sha-256=:BASE64: (RFC 9530); an archive with another digest is refused"`
	body   io.Reader
}

// Resolve implements huma.Resolver.
func (a *archive) Resolve(ctx huma.Context) []error {
	a.body = ctx.BodyReader()
	return nil
}

const archivePath = "/v1/datasets"

func (s *Server) datasetRoutes(a huma.API) {
	tags := []string{"Data sets"}
	huma.Register(a, huma.Operation{OperationID: "list-datasets", Method: http.MethodGet, Path: archivePath, Tags: tags, Summary: "List the data sets"},
		func(context.Context, *struct{}) (*datasetList, error) {
			list, err := s.Datasets.List()
			if err != nil {
				return nil, s.problemOf(err)
			}
			out := &datasetList{}
			out.Body.Datasets = list
			return out, nil
		})
	binary := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	huma.Register(a, huma.Operation{OperationID: "add-dataset", Method: http.MethodPost, Path: archivePath, Tags: tags,
		Summary:       "Add a data set: the archive is the body",
		Description:   "A zip or gzipped tar of an image folder (train/CLASS/*.png, test/CLASS/*.png, JPEG too), CIFAR binaries or IDX files. The same content under the same name again is no error.",
		DefaultStatus: http.StatusCreated, BodyReadTimeout: -1,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/zip": binary, "application/gzip": binary, "application/octet-stream": binary}},
		Errors:      []int{http.StatusConflict, http.StatusUnprocessableEntity}}, s.addDataset)
}

func (s *Server) addDataset(ctx context.Context, in *archive) (*datasetBody, error) {
	file, err := s.receive(in)
	if err != nil {
		return nil, s.problemOf(err)
	}
	defer func() { _ = os.Remove(file) }() // what stays lies in a folder of its own
	manifest, err := s.Datasets.Add(ctx, in.Name, file, nil)
	if err != nil {
		return nil, s.problemOf(err)
	}
	return &datasetBody{manifest}, nil
}

// receive writes the archive to a file and checks its digest.
func (s *Server) receive(in *archive) (name string, err error) {
	if err := os.MkdirAll(s.Uploads, 0o755); err != nil {
		return "", fmt.Errorf("keep an archive: %w", err)
	}
	f, err := os.CreateTemp(s.Uploads, "upload-*")
	if err != nil {
		return "", fmt.Errorf("keep an archive: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	digest := sha256.New()
	if in.body != nil {
		if _, err := io.Copy(io.MultiWriter(f, digest), in.body); err != nil {
			return "", fmt.Errorf("receive an archive: %w", err)
		}
	}
	got := "sha-256=:" + base64.StdEncoding.EncodeToString(digest.Sum(nil)) + ":"
	if in.Digest != "" && in.Digest != got {
		message := "the archive that came has another digest: " + got
		return "", problem(http.StatusUnprocessableEntity, "wrong-digest", "The archive is not what was announced", message,
			Detail{Parameter: "Content-Digest", Code: trainer.CodeUnknownValue, Message: message})
	}
	return f.Name(), nil
}
