package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// settings hold for every command: defaults < configuration file < PROBEWISE_* < flags.
type settings struct {
	DataDir string `koanf:"data-dir"`
	Device  string `koanf:"device"`
	Seed    uint64 `koanf:"seed"`
	JSON    bool   `koanf:"json"`
	Quiet   bool   `koanf:"quiet"`

	MemoryLimit string `koanf:"memory-limit"`
}

// app is what commands share: settings and streams.
type app struct {
	settings
	memory      int64 // the MemoryLimit in bytes; 0: none
	device      device
	environment environment
	arguments   []string // of the command line
	in          io.Reader
	out, errOut io.Writer
}

// tell prints a line for people, unless they want none.
func (a *app) tell(format string, args ...any) {
	if !a.Quiet {
		fmt.Fprintf(a.errOut, format+"\n", args...)
	}
}

func newRoot(args []string, in io.Reader, out, errOut io.Writer) *cobra.Command {
	a := &app{in: in, out: out, errOut: errOut, environment: here(), arguments: args}
	root := a.root()
	root.SetArgs(args)
	return root
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "probewise",
		Short: "An automatic hyperparameter advisor for convolutional networks",
		Long: "Probewise trains a short probe of a network, watches the statistics of weights, " +
			"gradients and activations,\n" +
			"predicts the test accuracy of full training, names what is wrong and tries what to change.",
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return a.configure(c) },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	flags := root.PersistentFlags()
	flags.String("config", "",
		"configuration file (YAML); default: config.yaml in the user's configuration folder, if there")
	flags.String("data-dir", "", "folder of database, data sets and models; default: the user's data folder")
	flags.String("device", "auto", "where to train: auto, cpu, gpu or gpu:1 (see: probewise doctor)")
	flags.String("memory-limit", "auto",
		"memory that a run may take: auto (80 % of the machine's or the container's), none, or a size such as 1.5GiB")
	flags.Uint64("seed", 0, "seed of the run instead of the architecture's")
	flags.Bool("json", false, "print one JSON document and nothing else")
	flags.BoolP("quiet", "q", false, "no progress")
	root.AddCommand(trains(a.adviseCommand()), trains(a.trainCommand()), trains(a.checkCommand()), a.corpusCommand(),
		a.forestCommand(), a.datasetCommand(), a.rulesCommand(), a.knobsCommand(), a.schemaCommand(),
		trains(a.serveCommand()), trains(a.workerCommand()), a.healthcheckCommand(), a.doctorCommand(), a.versionCommand())
	return root
}

// configure reads the settings from all their places.
func (a *app) configure(c *cobra.Command) error {
	k := koanf.New("\x00") // names contain no delimiter
	path, err := c.Flags().GetString("config")
	if err != nil {
		return err
	}
	if path == "" {
		if folder, err := os.UserConfigDir(); err == nil {
			if candidate := filepath.Join(folder, "probewise", "config.yaml"); exists(candidate) {
				path = candidate
			}
		}
	}
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return fmt.Errorf("configuration file %s: %w", path, err)
		}
	}
	for _, key := range k.Keys() {
		if key == "config" || c.Root().PersistentFlags().Lookup(key) == nil {
			return fmt.Errorf(
				"configuration file %s: unknown key %q; it takes data-dir, device, memory-limit, seed, json and quiet", path, key)
		}
	}
	fromEnv := env.Provider("\x00", env.Opt{Prefix: "PROBEWISE_", TransformFunc: func(key, value string) (string, any) {
		return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(key, "PROBEWISE_")), "_", "-"), value
	}})
	if err := k.Load(fromEnv, nil); err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	if err := k.Load(posflag.Provider(c.Flags(), "\x00", k), nil); err != nil {
		return fmt.Errorf("flags: %w", err)
	}
	if err := k.Unmarshal("", &a.settings); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if a.device, err = parseDevice(a.Device); err != nil {
		return err
	}
	if a.memory, err = parseMemory(a.MemoryLimit); err != nil {
		return err
	}
	if a.DataDir == "" {
		if a.DataDir, err = defaultDataDir(); err != nil {
			return err
		}
	}
	return a.chooseDevice(c.Context(), a.device, c.Annotations["trains"] != "")
}

// defaultDataDir is the platform's folder for user data.
func defaultDataDir() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "probewise"), nil
	}
	switch runtime.GOOS {
	case "windows", "darwin":
		dir, err := os.UserConfigDir() // %AppData%, ~/Library/Application Support
		return filepath.Join(dir, "probewise"), err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no data folder: %w; set --data-dir", err)
	}
	return filepath.Join(home, ".local", "share", "probewise"), nil
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, RunE: func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())
		}
		return c.Help()
	}}
	c.AddCommand(commands...)
	return c
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// read returns the content of a file; "-" is the standard input.
func (a *app) read(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.in)
	}
	return os.ReadFile(name)
}

// printJSON prints one indented document.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// terminal says whether w is one.
func terminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil
}

func (a *app) color() bool {
	_, ok := terminal(a.out)
	return ok && os.Getenv("NO_COLOR") == ""
}

// width of the report: the terminal's, between 80 and 120 columns.
func (a *app) width() int {
	width, ok := terminal(a.out)
	if !ok {
		return 100
	}
	return min(max(width, 80), 120)
}
