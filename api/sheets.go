package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"probewise/trainer/dataset"
)

// sheetIn names a data set, and the picture of it that the client has.
type sheetIn struct {
	Name  string `path:"name" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
	Known string `header:"If-None-Match" doc:"ETags of pictures that are not wanted again"`
}

func (s *Server) sheetRoutes(a huma.API, tags []string) {
	header := func(what string) *huma.Param {
		return &huma.Param{Description: what, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	for sheet, text := range map[dataset.Sheet][2]string{
		dataset.SheetSamples: {"Get some training images of each class",
			"A PNG with a row of ten images for each class, in their order, with a gap of one pixel; always the same ones."},
		dataset.SheetMean: {"Get the mean of the training images",
			"A PNG with the mean of all training images and, behind it, that of each class in their order, ten to a row."},
	} {
		huma.Register(a, huma.Operation{
			OperationID: "dataset-" + string(sheet),
			Method:      http.MethodGet,
			Path:        archivePath + "/{name}/" + string(sheet),
			Tags:        tags,
			Summary:     text[0],
			Description: text[1] + " Of very many or large classes the first ones are shown, as many as X-Classes says.",
			Responses: map[string]*huma.Response{"200": {
				Description: "the picture",
				Headers: map[string]*huma.Param{"ETag": header("changes with the picture"),
					"X-Classes": header("classes shown")},
				Content: map[string]*huma.MediaType{"image/png": {
					Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"},
				}},
			}},
			Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity},
		}, func(ctx context.Context, in *sheetIn) (*huma.StreamResponse, error) {
			return s.getSheet(ctx, in, sheet)
		})
	}
}

func (s *Server) getSheet(ctx context.Context, in *sheetIn, sheet dataset.Sheet) (*huma.StreamResponse, error) {
	details, err := s.Datasets.Details(ctx, in.Name)
	if err != nil {
		return nil, s.datasetProblem(err)
	}
	tag := details.Tag(sheet)
	if matches(in.Known, tag) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("ETag", tag)
			ctx.SetStatus(http.StatusNotModified)
		}}, nil
	}
	content, classes, err := s.Datasets.Sheet(ctx, in.Name, sheet)
	if err != nil {
		return nil, s.datasetProblem(err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "image/png")
		ctx.SetHeader("Cache-Control", "no-cache") // keep it, and ask
		ctx.SetHeader("ETag", tag)
		ctx.SetHeader("X-Classes", strconv.Itoa(classes))
		ctx.SetStatus(http.StatusOK)
		_, _ = ctx.BodyWriter().Write(content) // what a client that went away misses
	}}, nil
}
