package pdf

import (
	"context"
	"errors"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/emscripten"
)

// What a program is told that asks for what it does not get.
const (
	badFile  = 8          // WASI's EBADF
	noSystem = 0xffffffcc // Emscripten's -ENOSYS
)

var (
	errAbort = errors.New("PDFium gave up")
	errFull  = errors.New("more memory than it may have")
)

// serve gives engines what they import. All of it is refused but to jump, to copy memory and to
// have more of it: files do not exist, and it is always the same moment.
func serve(ctx context.Context, to wazero.Runtime, guest wazero.CompiledModule) error {
	jumps, err := emscripten.NewFunctionExporterForModule(guest)
	if err != nil {
		return err
	}
	env, wasi := to.NewHostModuleBuilder("env"), to.NewHostModuleBuilder("wasi_snapshot_preview1")
	jumps.ExportFunctions(env)
	builders := map[string]wazero.HostModuleBuilder{"env": env, "wasi_snapshot_preview1": wasi}
	own := own()
	for _, f := range guest.ImportedFunctions() {
		module, name, _ := f.Import()
		builder, known := builders[module]
		if !known {
			continue // it will not be instantiated
		}
		do := own[name]
		switch {
		case do == nil && module == "wasi_snapshot_preview1":
			do = func(_ api.Module, stack []uint64) { stack[0] = badFile }
		case do == nil && strings.HasPrefix(name, "__syscall_"):
			do = func(_ api.Module, stack []uint64) { stack[0] = noSystem }
		case do == nil:
			continue // a jump, or unknown: then it will not be instantiated
		}
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, m api.Module, stack []uint64) { do(m, stack) }), f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	for _, b := range builders {
		if _, err := b.Instantiate(ctx); err != nil {
			return err
		}
	}
	return nil
}

// own are the functions that do something. Their arguments and their answer are in stack.
func own() map[string]func(m api.Module, stack []uint64) {
	abort := func(api.Module, []uint64) { panic(errAbort) }
	nothing := func(api.Module, []uint64) {}
	return map[string]func(m api.Module, stack []uint64){
		"_abort_js":              abort,
		"__assert_fail":          abort,
		"_tzset_js":              nothing,
		"_localtime_js":          nothing,
		"_gmtime_js":             nothing,
		"emscripten_date_now":    func(_ api.Module, stack []uint64) { stack[0] = api.EncodeF64(0) },
		"_emscripten_memcpy_js":  move,
		"emscripten_resize_heap": grow,
		"environ_get":            func(_ api.Module, stack []uint64) { stack[0] = 0 },
		"environ_sizes_get":      noEnvironment,
	}
}

// move copies memory: to, from, how much.
func move(m api.Module, stack []uint64) {
	content, ok := m.Memory().Read(uint32(stack[1]), uint32(stack[2]))
	if !ok || !m.Memory().Write(uint32(stack[0]), content) {
		panic(errAbort)
	}
}

// grow makes the memory at least as large as asked, with a quarter more where that can be had:
// growing copies it. PDFium that is told of no room leaves a picture out of the page and says
// nothing, and a page of which something is missing must not be shown: so it ends.
func grow(m api.Module, stack []uint64) {
	const page = 65536
	have, want := uint64(m.Memory().Size()), uint64(uint32(stack[0]))
	for _, more := range []uint64{want + want/4, want} {
		if more <= have {
			break
		}
		if _, ok := m.Memory().Grow(uint32((more - have + page - 1) / page)); ok {
			break
		}
		if more == want {
			panic(errFull)
		}
	}
	stack[0] = 1
}

// noEnvironment says that there are no variables: how many, and how long they are.
func noEnvironment(m api.Module, stack []uint64) {
	for _, at := range stack[:2] {
		if !m.Memory().WriteUint32Le(uint32(at), 0) {
			panic(errAbort)
		}
	}
	stack[0] = 0
}
