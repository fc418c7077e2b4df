package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"probewise/trainer"
)

// histogramsIn picks what of a run's histograms is asked for.
type histogramsIn struct {
	Named
	Layer string             `query:"layer" maxLength:"200" doc:"Of this layer only."`
	Of    trainer.TensorKind `query:"of" doc:"Of this only."`
}

// histogram is how the values of one layer are spread at one record.
type histogram struct {
	Epoch  float64            `json:"epoch" doc:"0: initialisation; 0.25, 0.5 … within an epoch"`
	Layer  string             `json:"layer"`
	Of     trainer.TensorKind `json:"of"`
	Shares []float32          `json:"shares" nullable:"false" doc:"Of the values, by bin."`
}

type histogramsBody struct {
	Body struct {
		Edges      []float64   `json:"edges" nullable:"false" doc:"The inner edges of the bins, ascending: bin i lies between edges i-1 and i; the first and the last are open."`
		Histograms []histogram `json:"histograms" nullable:"false"`
	}
}

func (s *Server) histogramRoutes(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "run-histograms",
		Method:      http.MethodGet,
		Path:        "/v1/runs/{id}/histograms",
		Tags:        []string{"Runs"},
		Summary:     "Get the histograms of a run's weights, gradients and activations",
		Description: "On a fixed symmetric logarithmic scale, the same for all. Records of older versions have none.",
		Errors:      []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}, s.runHistograms)
}

func (s *Server) runHistograms(ctx context.Context, in *histogramsIn) (*histogramsBody, error) {
	records, err := s.Store.Records(ctx, in.ID)
	if err != nil {
		return nil, s.Problem(err)
	}
	out := &histogramsBody{}
	out.Body.Edges, out.Body.Histograms = trainer.HistogramEdges(), []histogram{}
	for _, r := range records {
		for _, l := range r.Layers {
			if in.Layer != "" && in.Layer != l.Layer {
				continue
			}
			for _, of := range trainer.TensorKinds() {
				if shares := l.Of(of).Histogram; (in.Of == "" || in.Of == of) && shares != nil {
					out.Body.Histograms = append(out.Body.Histograms, histogram{r.Epoch, l.Layer, of, shares})
				}
			}
		}
	}
	return out, nil
}
