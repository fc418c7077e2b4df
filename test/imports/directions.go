package imports

// Module is the path that all packages of ours begin with.
const Module = "probewise"

// Families are the top-level folders with what they may import of ours, besides packages of their own family.
// A folder with Go code that is not named here is reported.
var Families = map[string][]string{
	"cmd":     {"api", "db", "web", "jobs", "examples", "advisor", "trainer", "forest"},
	"api":     {"advisor", "trainer", "forest"},
	"db":      {"advisor", "trainer", "forest"},
	"web":     {},
	"jobs":    {"advisor", "trainer", "forest"},
	"advisor": {"trainer", "forest"},
	"trainer": {},
	"forest":  {},

	// Files alone, which cmd hands on.
	"examples": {},

	// Proof programs are outside the line: they may import everything, and nothing imports them.
	"bench":   {"api", "db", "web", "jobs", "advisor", "trainer", "forest"},
	"interop": {"api", "db", "web", "jobs", "advisor", "trainer", "forest"},
	"test":    {"api", "db", "web", "jobs", "advisor", "trainer", "forest"},
}

// Suites are conformance suites: they import testing, so only tests import them.
var Suites = []string{"trainer/backendtest", "db/dbtest", "advisor/pastruns/pastrunstest", "advisor/report/reporttest"}

// A Technology is a third-party path prefix with the folders that adapt it, the only ones that may import it.
type Technology struct {
	Path     string   // import path prefix
	Adapters []string // folders below the module
}

// Technologies are the libraries whose words must not leak out of one place.
var Technologies = []Technology{
	{Path: "gorgonia.org", Adapters: []string{"trainer/graph", "trainer/cuda", "test/softcuda"}},
	{Path: "gorgonia.org/cu", Adapters: []string{"trainer/cuda", "test/softcuda"}},
	{Path: "golang.org/x/image", Adapters: []string{"trainer/dataset"}},
	{Path: "github.com/parquet-go/parquet-go", Adapters: []string{"trainer/dataset"}},
	{Path: "modernc.org/sqlite", Adapters: []string{"db"}},
	{Path: "github.com/malaschitz/randomForest", Adapters: []string{"forest"}},
	{Path: "github.com/nlpodyssey/safetensors", Adapters: []string{"trainer/safetensors"}},
	{Path: "github.com/spf13/cobra", Adapters: []string{"cmd"}},
	{Path: "github.com/knadh/koanf", Adapters: []string{"cmd"}},
}

// Heavy is the package whose compilation the tests of everything but Carriers must never wait for.
const Heavy = "gorgonia.org/gorgonia"

// Carriers are the folders that may reach Heavy, directly or through others.
var Carriers = []string{"cmd/probewise", "interop/torch", "trainer/cuda", "trainer/graph", "bench/roofline",
	"bench/advice", "bench/batchnorm", "bench/ratetest",
	"bench/rules"}
