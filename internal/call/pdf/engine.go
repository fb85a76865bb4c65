package pdf

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"
	"io"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// pdfium is PDFium as WebAssembly, without V8 and XFA. pdfium.sh says where it is from.
//
//go:embed pdfium.wasm.gz
var pdfium []byte

// memory is what an engine may have, in pages of 64 KiB: 512 MiB. A file, the page drawn (40 MiB)
// and the pictures in it, decoded one after the other, fit into that.
const memory = 8192

// errEngine: it is not the file's fault.
var errEngine = errors.New("PDFium does not run")

// Reader opens PDFs. Its zero value is ready, and holds nothing before its first PDF; the code that
// it made for this machine then, some 30 MB, it keeps until Close.
type Reader struct {
	most     uint32 // pages of memory, where they are not memory; for tests
	mu       sync.Mutex
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

// Close gives back what the reader keeps. Its documents end with it; it can be used again.
func (r *Reader) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runtime != nil {
		_ = r.runtime.Close(context.Background()) // nothing of it is on the disk that could fail
		r.runtime, r.compiled = nil, nil
	}
}

// prepare makes code for this machine of PDFium, once.
func (r *Reader) prepare(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runtime != nil {
		return nil
	}
	code, err := unpack()
	if err != nil {
		return err
	}
	ctx = experimental.WithCompilationWorkers(context.WithoutCancel(ctx), runtime.GOMAXPROCS(0))
	made := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(true).WithMemoryLimitPages(cmp.Or(r.most, memory)).WithDebugInfoEnabled(false))
	compiled, err := made.CompileModule(ctx, code)
	if err == nil {
		err = serve(ctx, made, compiled)
	}
	if err != nil {
		return errors.Join(err, made.Close(ctx))
	}
	r.runtime, r.compiled = made, compiled
	return nil
}

func unpack() ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(pdfium))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z) // ours, so its size is known
}

// start makes an engine.
func (r *Reader) start(ctx context.Context) (*engine, error) {
	if err := r.prepare(ctx); err != nil {
		return nil, fmt.Errorf("%w: preparing it: %w", errEngine, err)
	}
	r.mu.Lock()
	made, compiled := r.runtime, r.compiled
	r.mu.Unlock()
	if made == nil {
		return nil, fmt.Errorf("%w: it was closed", errEngine)
	}
	// It begins with nothing of this machine: no arguments, variables, files, clock or chance. It
	// has no name, so that there can be several.
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("__wasm_call_ctors")
	module, err := made.InstantiateModule(ctx, compiled, config)
	if err != nil {
		return nil, fmt.Errorf("%w: starting it: %w", errEngine, err)
	}
	e := &engine{ctx: ctx, module: module}
	if e.call("FPDF_InitLibrary"); e.err != nil {
		e.end()
		return nil, fmt.Errorf("%w: starting it: %w", errEngine, e.err)
	}
	return e, nil
}

// engine is one PDFium that runs. It is for one goroutine at a time. Its methods do nothing after
// the first failure, which stays in err, as with bufio.Writer.
type engine struct {
	ctx    context.Context // of the work at hand
	module api.Module
	err    error
}

// call calls a function of PDFium with whole numbers; its answer is 0 after a failure.
func (e *engine) call(name string, args ...uint64) uint64 {
	if e.err != nil {
		return 0
	}
	f := e.module.ExportedFunction(name)
	if f == nil {
		e.err = fmt.Errorf("%w: it has no %s", errEngine, name)
		return 0
	}
	answer, err := f.Call(e.ctx, args...)
	if err != nil {
		e.err = fmt.Errorf("%s: %w", name, err)
		return 0
	}
	if len(answer) == 0 {
		return 0
	}
	return answer[0]
}

// float calls a function that answers a float.
func (e *engine) float(name string, args ...uint64) float64 {
	return float64(api.DecodeF32(e.call(name, args...)))
}

// write puts content into the engine's memory; false where at says that it had no room.
func (e *engine) write(at uint64, content []byte) bool {
	return e.err == nil && at != 0 && e.module.Memory().Write(uint32(at), content)
}

// picture takes pixels out of the engine's memory and makes them opaque.
func (e *engine) picture(at uint64, size image.Point) *image.RGBA {
	if e.err != nil {
		return nil
	}
	m := image.NewRGBA(image.Rectangle{Max: size})
	seen, ok := e.module.Memory().Read(uint32(at), uint32(len(m.Pix)))
	if !ok {
		e.err = fmt.Errorf("a picture of %v is not in memory", size)
		return nil
	}
	copy(m.Pix, seen)
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 0xff
	}
	return m
}

// end stops the engine and frees its memory.
func (e *engine) end() {
	_ = e.module.Close(context.Background()) // it has no file that could fail
}
