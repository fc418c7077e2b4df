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
	Name string `query:"name" required:"true" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
	Prepared
	Digest string `header:"Content-Digest" doc:"sha-256=:BASE64: (RFC 9530); an archive with another digest is refused"`
	body   *incoming
}

// Prepared is how a data set is made of image folders: dataset.Options.
type Prepared struct {
	TestShare  float64 `query:"test_share" minimum:"0" maximum:"1" doc:"of each class, where the folders have no split: 0.2 unless said otherwise"`
	Seed       uint64  `query:"split_seed" maximum:"9007199254740991" doc:"draws the test images, and the validation images of runs: 1 unless said otherwise"`
	Size       string  `query:"size" doc:"HEIGHTxWIDTH in pixels that all images are scaled to" example:"64x64"`
	Fit        string  `query:"fit" enum:"crop,letterbox" doc:"what happens to images of another shape: crop unless said otherwise"`
	SkipBroken int     `query:"skip_broken" minimum:"0" doc:"go on without files that cannot be read, if there are at most so many"`
	Images     string  `query:"image_column" doc:"of a table (CSV, Parquet), with paths or images: its name, or its number from 1; found unless said"`
	Labels     string  `query:"label_column" doc:"of a table, with the labels"`
	Split      string  `query:"split_column" doc:"of a table, with train, val or test"`
	Duplicates string  `query:"duplicates" enum:"drop,keep" doc:"training images that are test images too: dropped where the split is drawn, kept otherwise"`
}

func (p Prepared) options() (o dataset.Options, err error) {
	o = dataset.Options{
		TestShare:   p.TestShare,
		Seed:        p.Seed,
		Fit:         p.Fit,
		SkipBroken:  p.SkipBroken,
		Duplicates:  p.Duplicates,
		ImageColumn: p.Images,
		LabelColumn: p.Labels,
		SplitColumn: p.Split,
	}
	if p.Size != "" {
		o.Height, o.Width, err = dataset.ParseSize(p.Size)
	}
	return o, err
}

type namedDataset struct {
	Name string `path:"name" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
}

type datasetDetails struct {
	Body dataset.Details
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
		Description: "A zip or gzipped tar of an image folder (CLASS/*.jpg, of which a test set is drawn, or " +
			"train/CLASS/*.jpg and test/CLASS/*.jpg; PNG, WebP, GIF, BMP and TIFF too), of a CSV file and its images, Parquet " +
			"files, NumPy arrays, CIFAR binaries or IDX files; or a .npz or .parquet file, or a CSV file of pixels, itself. " +
			"The member preparation of the answer says what was done to images. The same content under the same name " +
			"again is no error.",
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
	huma.Register(a, huma.Operation{
		OperationID: "get-dataset",
		Method:      http.MethodGet,
		Path:        archivePath + "/{name}",
		Tags:        tags,
		Summary:     "Get a data set's manifest and its images by class",
		Errors:      []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *namedDataset) (*datasetDetails, error) {
		details, err := s.Datasets.Details(ctx, in.Name)
		if err != nil {
			return nil, s.datasetProblem(err)
		}
		return &datasetDetails{details}, nil
	})
	s.sheetRoutes(a, tags)
	huma.Register(a, huma.Operation{
		OperationID: "delete-dataset",
		Method:      http.MethodDelete,
		Path:        archivePath + "/{name}",
		Tags:        tags,
		Summary:     "Remove a data set",
		Description: "Runs made with it stay, and go by its name. Jobs that wait for their turn fail; those that train " +
			"go on.",
		Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity},
	}, func(_ context.Context, in *namedDataset) (*struct{}, error) {
		if err := s.Datasets.Remove(in.Name); err != nil {
			return nil, s.datasetProblem(err)
		}
		return nil, nil
	})
}

// datasetProblem is for a data set that is the resource itself: where it is not there, it is not found.
func (s *Server) datasetProblem(err error) error {
	var unknown *dataset.UnknownError
	if errors.As(err, &unknown) {
		return NewProblem(http.StatusNotFound, "not-found", "There is no such data set", unknown.Error())
	}
	return s.Problem(err)
}

func (s *Server) addDataset(ctx context.Context, in *archive) (*datasetBody, error) {
	options, err := in.options()
	if err != nil {
		return nil, s.Problem(err)
	}
	if in.body.announced > s.LargestUpload() {
		return nil, s.tooLarge()
	}
	digest := sha256.New()
	manifest, err := s.AddDataset(ctx, in.Name, io.TeeReader(in.body, digest), options, func() error {
		got := "sha-256=:" + base64.StdEncoding.EncodeToString(digest.Sum(nil)) + ":"
		if in.Digest == "" || in.Digest == got {
			return nil
		}
		message := "the archive that came has another digest: " + got
		return NewProblem(http.StatusUnprocessableEntity, "wrong-digest", "The archive is not what was announced", message,
			Detail{Parameter: "Content-Digest", Code: trainer.CodeUnknownValue, Message: message})
	})
	if err != nil {
		return nil, s.Problem(err)
	}
	return &datasetBody{manifest}, nil
}

// LargestUpload is the most bytes of an archive.
func (s *Server) LargestUpload() int64 { return cmp.Or(s.MaxUpload, DefaultMaxUpload) }

func (s *Server) tooLarge() error {
	return NewProblem(http.StatusRequestEntityTooLarge, "body-too-large", "The archive is too large",
		fmt.Sprintf("at most %d bytes are taken", s.LargestUpload()))
}

// AddDataset adds the data set of an archive that comes. check may refuse what has come; nil: all is taken.
func (s *Server) AddDataset(ctx context.Context, name string, archive io.Reader, o dataset.Options,
	check func() error) (dataset.Manifest, error) {
	fail := func(err error) (dataset.Manifest, error) { return dataset.Manifest{}, err }
	if name == dataset.Sample {
		return fail(fmt.Errorf("data set %q is %w; choose another name", name, dataset.ErrExists))
	}
	if err := os.MkdirAll(s.Uploads, 0o755); err != nil {
		return fail(fmt.Errorf("keep an archive: %w", err))
	}
	folder, err := os.MkdirTemp(s.Uploads, uploadPrefix+"*")
	if err != nil {
		return fail(fmt.Errorf("keep an archive: %w", err))
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays lies in a folder of its own
	file := filepath.Join(folder, "archive")    // messages name it
	if err := s.receive(archive, file); err != nil {
		return fail(err)
	}
	if check != nil {
		if err := check(); err != nil {
			return fail(err)
		}
	}
	return s.Datasets.Add(ctx, name, file, o, nil)
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

// receive writes the archive to a file and checks its size.
func (s *Server) receive(archive io.Reader, name string) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("keep an archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	n, err := io.Copy(f, io.LimitReader(archive, s.LargestUpload()+1))
	if err != nil {
		return fmt.Errorf("receive an archive: %w", err)
	}
	if n > s.LargestUpload() {
		return s.tooLarge()
	}
	return nil
}
