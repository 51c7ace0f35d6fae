// Command go-fields prints, for every struct of the built-in Kubernetes kinds, how Go's JSON encoder writes its fields:
// which ones vanish when they hold their zero value, which ones are always written, and their Go types where the API server's
// decoding errors name them. OpenAPI does not say this, and stored objects and error texts depend on it.
//
// Run it inside a Go module that requires the Kubernetes libraries: go run go-fields.go > fields.json
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// facts of one struct: Drop names the fields that vanish when zero, Keep maps those that are always written to their zero
// value, Type tells the types of those that are not plain strings, numbers or booleans.
type facts struct {
	Drop []string          `json:"d,omitempty"`
	Keep map[string]any    `json:"k,omitempty"`
	Type map[string]string `json:"t,omitempty"`
}

func main() {
	known := runtime.NewScheme()
	must(scheme.AddToScheme(known))
	must(apiextensions.AddToScheme(known))
	must(apiregistration.AddToScheme(known))
	found := map[string]facts{}
	for _, kind := range known.AllKnownTypes() {
		visit(kind, found)
	}
	must(json.NewEncoder(os.Stdout).Encode(found))
}

func visit(t reflect.Type, found map[string]facts) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !strings.HasPrefix(t.PkgPath(), "k8s.io/") {
		return
	}
	if writesItself(t) {
		return
	}
	name := definitionName(t)
	if _, seen := found[name]; seen {
		return
	}
	found[name] = facts{}
	result := facts{Keep: map[string]any{}, Type: map[string]string{}}
	collect(t, &result, found)
	found[name] = result
}

func collect(t reflect.Type, result *facts, found map[string]facts) {
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		tag, tagged := field.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		if !field.IsExported() || name == "-" {
			continue
		}
		if field.Anonymous && (!tagged || name == "") {
			collect(indirect(field.Type), result, found)
			continue
		}
		visit(field.Type, found)
		if name == "" {
			name = field.Name
		}
		classify(name, options, field.Type, result)
		if written := indirect(field.Type).String(); strings.ContainsAny(written, ".[") {
			result.Type[name] = written
		}
	}
}

func classify(name, options string, t reflect.Type, result *facts) {
	empty, zero := strings.Contains(options, "omitempty"), strings.Contains(options, "omitzero")
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !empty && !zero {
			result.Keep[name] = nil
		}
	case reflect.Struct:
		if zero {
			result.Drop = append(result.Drop, name)
			return
		}
		if writesItself(t) {
			result.Keep[name] = reflect.New(t).Interface()
			return
		}
		result.Keep[name] = struct{}{}
	default:
		if empty || zero {
			result.Drop = append(result.Drop, name)
			return
		}
		result.Keep[name] = reflect.New(t).Elem().Interface()
	}
}

// writesItself tells the types that have a JSON form of their own, such as times and quantities.
func writesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]())
}

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// definitionName is the struct's name in the API server's OpenAPI: k8s.io/api/core/v1.Pod is io.k8s.api.core.v1.Pod.
func definitionName(t reflect.Type) string {
	return "io.k8s." + strings.ReplaceAll(strings.TrimPrefix(t.PkgPath(), "k8s.io/"), "/", ".") + "." + t.Name()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
