// Command kustomize-oracle builds kustomizations with the pinned kustomize library, one after another, with Flux's
// settings. It reads cases as JSON lines from standard input, each a tree of files and the folder to build, and answers
// each with a JSON line: the output, the error, or the panic. Nothing is read from disk.
//
// The library's stack overflows and endless memory cannot be caught here: they end the process, and who asked starts
// another.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path"
	"runtime/debug"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// request is one case. File contents are base64 in JSON, so that any bytes pass.
type request struct {
	Files map[string][]byte `json:"files"`
	Path  string            `json:"path"`
}

// reply has exactly one field set, unless the build printed nothing at all.
type reply struct {
	Output string `json:"output"`
	Error  string `json:"error,omitempty"`
	Panic  string `json:"panic,omitempty"`
}

const maxStackBytes = 128 << 20

func main() {
	log.SetOutput(io.Discard) // the library's warnings
	debug.SetMaxStack(maxStackBytes)
	in := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		var asked request
		switch err := in.Decode(&asked); err {
		case nil:
			check(out.Encode(answer(asked)))
		case io.EOF:
			return
		default:
			check(err)
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "Cannot go on:", err)
		os.Exit(1)
	}
}

func answer(asked request) (result reply) {
	defer func() {
		if thrown := recover(); thrown != nil {
			openapi.ResetOpenAPI()
			result = reply{Panic: fmt.Sprintf("%v\n%s", thrown, debug.Stack())}
		}
	}()
	if mentionsSchema(asked.Files) {
		openapi.ResetOpenAPI() // a schema is added to what the process has parsed before
		defer openapi.ResetOpenAPI()
	}
	output, err := build(asked)
	if err != nil {
		return reply{Error: err.Error()}
	}
	return reply{Output: string(output)}
}

// mentionsSchema tells whether a build may change the schema, which is global to the process and slow to parse again.
func mentionsSchema(files map[string][]byte) bool {
	for _, content := range files {
		if bytes.Contains(bytes.ToLower(content), []byte("openapi")) {
			return true
		}
	}
	return false
}

func build(asked request) ([]byte, error) {
	tree := filesys.MakeFsInMemory()
	for name, content := range asked.Files {
		if err := tree.WriteFile(path.Join("/tree", name), content); err != nil {
			return nil, err
		}
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionNone
	options.LoadRestrictions = types.LoadRestrictionsNone
	options.PluginConfig = types.DisabledPluginConfig()
	resources, err := krusty.MakeKustomizer(options).Run(tree, path.Join("/tree", asked.Path))
	if err != nil {
		return nil, err
	}
	return resources.AsYaml()
}
