package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

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
	body   *incoming
}

// Resolve implements huma.Resolver.
func (a *archive) Resolve(ctx huma.Context) []error {
	a.body = &incoming{from: ctx.BodyReader(), ctx: ctx, announced: -1}
	if n, err := strconv.ParseInt(ctx.Header("Content-Length"), 10, 64); err == nil {
		a.body.announced = n
	}
	return nil
}

// silence is how long a client may send nothing of an archive, however long it takes as a whole.
const silence = time.Minute

// incoming is a body as it comes. What goes wrong with it is the client's, or the way's.
type incoming struct {
	from      io.Reader // nil: there is none
	ctx       huma.Context
	announced int64 // bytes; -1 where the client did not say
	read      int64
}

// Read implements io.Reader.
func (b *incoming) Read(p []byte) (int, error) {
	if b.from == nil {
		return 0, io.EOF
	}
	_ = b.ctx.SetReadDeadline(time.Now().Add(silence)) // a connection that has no deadlines does without
	n, err := b.from.Read(p)
	b.read += int64(n)
	if errors.Is(err, io.EOF) && b.read >= b.announced || err == nil {
		return n, err
	}
	return n, NewProblem(http.StatusBadRequest, "invalid-request", "The archive broke off",
		fmt.Sprintf("only %d bytes came", b.read))
}

const archivePath = "/v1/datasets"

// DefaultMaxUpload is the most bytes of an archive unless the service is told otherwise.
const DefaultMaxUpload = 2 << 30

func (s *Server) datasetRoutes(a huma.API) {
	tags := []string{"Data sets"}
	huma.Register(a, huma.Operation{
		OperationID: "list-datasets",
		Method:      http.MethodGet,
		Path:        archivePath,
		Tags:        tags,
		Summary:     "List the data sets",
	},
		func(context.Context, *struct{}) (*datasetList, error) {
			list, err := s.Datasets.List()
			if err != nil {
				return nil, s.Problem(err)
			}
			out := &datasetList{}
			out.Body.Datasets = list
			return out, nil
		})
	binary := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	huma.Register(a, huma.Operation{
		OperationID: "add-dataset",
		Method:      http.MethodPost,
		Path:        archivePath,
		Tags:        tags,
		Summary:     "Add a data set: the archive is the body",
		Description: "A zip or gzipped tar of an image folder (train/CLASS/*.png, test/CLASS/*.png, JPEG too), CIFAR " +
			"binaries or IDX files. The same content under the same name again is no error.",
		DefaultStatus: http.StatusCreated,
		RequestBody: &huma.RequestBody{
			Required: true,
			Content: map[string]*huma.MediaType{
				"application/zip":          binary,
				"application/gzip":         binary,
				"application/octet-stream": binary,
			},
		},
		Errors: []int{http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge,
			http.StatusUnprocessableEntity},
	}, s.addDataset)
}

func (s *Server) addDataset(ctx context.Context, in *archive) (*datasetBody, error) {
	if in.Name == dataset.Sample {
		return nil, s.Problem(fmt.Errorf("data set %q is %w; choose another name", in.Name, dataset.ErrExists))
	}
	if err := os.MkdirAll(s.Uploads, 0o755); err != nil {
		return nil, s.Problem(fmt.Errorf("keep an archive: %w", err))
	}
	folder, err := os.MkdirTemp(s.Uploads, uploadPrefix+"*")
	if err != nil {
		return nil, s.Problem(fmt.Errorf("keep an archive: %w", err))
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays lies in a folder of its own
	file := filepath.Join(folder, "archive")    // messages name it
	if err := s.receive(in, file); err != nil {
		return nil, s.Problem(err)
	}
	manifest, err := s.Datasets.Add(ctx, in.Name, file, dataset.Options{}, nil)
	if err != nil {
		return nil, s.Problem(err)
	}
	return &datasetBody{manifest}, nil
}

const uploadPrefix = "upload-"

// abandoned is how long nothing was written to an upload that no service is reading any more.
const abandoned = time.Hour

// sweep removes what services that were killed have left of uploads.
func (s *Server) sweep() {
	left, _ := filepath.Glob(filepath.Join(s.Uploads, uploadPrefix+"*")) // fails on bad patterns alone
	for _, path := range left {
		file := filepath.Join(path, "archive")
		info, err := os.Stat(file)
		if err != nil {
			info, err = os.Stat(path)
		}
		if err == nil && time.Since(info.ModTime()) > abandoned {
			if err := os.RemoveAll(path); err != nil {
				s.Log.Warn("an old upload stays", "error", err.Error())
			}
		}
	}
}

// receive writes the archive to a file and checks its size and digest.
func (s *Server) receive(in *archive, name string) (err error) {
	largest := cmp.Or(s.MaxUpload, DefaultMaxUpload)
	tooLarge := NewProblem(http.StatusRequestEntityTooLarge, "body-too-large", "The archive is too large",
		fmt.Sprintf("at most %d bytes are taken", largest))
	if in.body.announced > largest {
		return tooLarge
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("keep an archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, digest), io.LimitReader(in.body, largest+1))
	if err != nil {
		return fmt.Errorf("receive an archive: %w", err)
	}
	if n > largest {
		return tooLarge
	}
	got := "sha-256=:" + base64.StdEncoding.EncodeToString(digest.Sum(nil)) + ":"
	if in.Digest != "" && in.Digest != got {
		message := "the archive that came has another digest: " + got
		return NewProblem(http.StatusUnprocessableEntity, "wrong-digest", "The archive is not what was announced", message,
			Detail{Parameter: "Content-Digest", Code: trainer.CodeUnknownValue, Message: message})
	}
	return nil
}
