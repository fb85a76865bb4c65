package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/files/safe"
	"ekermed.example/ekermed/internal/call/picture"
	"ekermed.example/ekermed/internal/call/wire"
)

// atOnce is how many files travel at once, each way; more wait for their turn.
const atOnce = 2

// removeLimit is how long a withdrawn file's removal at the server may take. It goes with the
// call anyway.
const removeLimit = 5 * time.Second

// Reporter is told how the work goes: an Engine.
type Reporter interface {
	Begun(id string, s courier.Sending)
	Moved(id string, done int64)
	Waits(id string)
	Sent(id string, sum []byte)
	Fetched(id string, sum []byte)
	Kept(id string, k Kept)
	Broke(id string, why Problem)
}

// PorterOptions configure a Porter.
type PorterOptions struct {
	Server  courier.Server
	Scanner safe.Scanner
	// Post runs a function on the goroutine that owns the Engine. It may block.
	Post func(func())
}

// Porter is Work: it carries files and looks at them, each on a goroutine of its own. Its
// methods belong to the goroutine that owns the Engine.
type Porter struct {
	o        PorterOptions
	to       Reporter
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup
	up, down chan struct{} // turns
	jobs     map[string]*job
}

// job is one file. Between its goroutines, of which one runs at a time, its fields need no lock.
type job struct {
	upload  *courier.Upload
	fetch   *courier.Fetch
	landing *safe.Landing // nil for what goes to memory
	memory  bytes.Buffer
	to      Target
	cancel  context.CancelFunc // of what runs
	done    chan struct{}      // closed when nothing runs
}

// NewPorter makes one that reports to an Engine, once Bind has named it.
func NewPorter(o PorterOptions) *Porter {
	p := &Porter{o: o, up: make(chan struct{}, atOnce), down: make(chan struct{}, atOnce), jobs: map[string]*job{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Bind names who is told how the work goes.
func (p *Porter) Bind(to Reporter) { p.to = to }

// Close ends everything, removes what was not kept, and waits. Post must take what comes, or
// let it go, meanwhile.
func (p *Porter) Close() {
	for id := range p.jobs {
		p.Drop(id)
	}
	p.cancel()
	p.running.Wait()
}

// job finds a file's, or makes one.
func (p *Porter) job(id string) *job {
	j := p.jobs[id]
	if j == nil {
		j = &job{cancel: func() {}, done: make(chan struct{})}
		close(j.done)
		p.jobs[id] = j
	}
	return j
}

// run lets do have the job once it is free. What do reports counts only as long as the job is
// this one and was not stopped.
func (p *Porter) run(id string, turns chan struct{}, do func(ctx context.Context, j *job, tell teller)) {
	j := p.job(id)
	j.cancel()
	ctx, cancel := context.WithCancel(p.ctx)
	before, done := j.done, make(chan struct{})
	j.cancel, j.done = cancel, done
	tell := func(what func()) {
		p.o.Post(func() {
			if p.jobs[id] == j && ctx.Err() == nil {
				what()
			}
		})
	}
	p.running.Go(func() {
		defer close(done)
		<-before
		select {
		case turns <- struct{}{}:
			defer func() { <-turns }()
		case <-ctx.Done():
			return
		}
		do(ctx, j, teller{p.to, id, tell})
	})
}

// teller tells the Engine of one file.
type teller struct {
	to   Reporter
	id   string
	post func(func())
}

func (t teller) Begun(s courier.Sending) {
	t.post(func() { t.to.Begun(t.id, s) })
}
func (t teller) Moved(done int64)  { t.post(func() { t.to.Moved(t.id, done) }) }
func (t teller) Waits(error)       { t.post(func() { t.to.Waits(t.id) }) }
func (t teller) broke(why Problem) { t.post(func() { t.to.Broke(t.id, why) }) }

// Upload sends a file, or goes on with it.
func (p *Porter) Upload(id string, from courier.Source) {
	p.run(id, p.up, func(ctx context.Context, j *job, tell teller) {
		if j.upload == nil {
			j.upload = courier.NewUpload(p.o.Server, from)
		}
		sum, err := j.upload.Run(ctx, tell)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			tell.broke(problem(err))
		default:
			tell.post(func() { tell.to.Sent(id, sum) })
		}
	})
}

// Fetch brings a file, or goes on with it.
func (p *Porter) Fetch(id string, what courier.Sending, size int64, to Target) {
	p.run(id, p.down, func(ctx context.Context, j *job, tell teller) {
		if j.fetch == nil {
			var err error
			if j.to = to; !to.memory() {
				if j.landing, err = safe.Land(to.Dir); err != nil {
					tell.broke(unwritten(err))
					return
				}
			}
			if j.fetch, err = courier.NewFetch(p.o.Server, what, size, j.place()); err != nil {
				tell.broke(ProblemForged)
				return
			}
		}
		sum, err := j.fetch.Run(ctx, tell)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			tell.broke(problem(err))
		default:
			tell.post(func() { tell.to.Fetched(id, sum) })
		}
	})
}

// place is where what is fetched goes.
func (j *job) place() io.Writer {
	if j.landing == nil {
		return &j.memory
	}
	return j.landing
}

// Keep checks what was fetched and gives it its name.
func (p *Porter) Keep(id, name string) {
	p.run(id, p.down, func(ctx context.Context, j *job, tell teller) {
		if j.to.memory() {
			p.hold(ctx, j, name, tell)
			return
		}
		if err := j.landing.Close(); err != nil {
			tell.broke(unwritten(err))
			return
		}
		if err := p.o.Scanner.Check(ctx, j.landing.Path()); err != nil {
			tell.broke(suspect(err))
			return
		}
		path, err := j.landing.Keep(name)
		if err != nil {
			tell.broke(unwritten(err))
			return
		}
		j.landing = nil
		k := Kept{Path: path}
		if k.Kind, err = safe.KindOf(path, filepath.Base(path)); err != nil {
			k.Kind = safe.Kind{Warning: safe.Mismatch} // whatever it is
		}
		if small, err := safe.Thumbnail(path); err == nil { // what is no picture has none
			k.Thumbnail = small
		}
		tell.post(func() { tell.to.Kept(id, k) })
	})
}

// hold checks what is to stay in memory. What is kept there is a picture, as a rule: anything
// else is no ground.
func (p *Porter) hold(ctx context.Context, j *job, name string, tell teller) {
	content := j.memory.Bytes()
	if err := p.o.Scanner.CheckBytes(ctx, content); err != nil {
		tell.broke(suspect(err))
		return
	}
	k := Kept{Kind: safe.KindOfBytes(content, name)}
	if j.to.Ground {
		read, err := picture.Read(content)
		if err != nil {
			tell.broke(ProblemForged)
			return
		}
		k.Picture = read
	} else {
		k.Content = content
		if small, err := safe.ThumbnailOf(content); err == nil { // what is no picture has none
			k.Thumbnail = small
		}
	}
	j.memory = bytes.Buffer{} // it is the view's now
	tell.post(func() { tell.to.Kept(tell.id, k) })
}

// suspect names how a scan ended.
func suspect(err error) Problem {
	if errors.Is(err, safe.ErrInfected) {
		return ProblemInfected
	}
	return ProblemUnchecked
}

// Stop halts a transfer; what there is of it stays.
func (p *Porter) Stop(id string) {
	if j := p.jobs[id]; j != nil {
		j.cancel()
	}
}

// Drop ends it, and removes what there is of it here and at the server.
func (p *Porter) Drop(id string) {
	j := p.jobs[id]
	if j == nil {
		return
	}
	delete(p.jobs, id)
	j.cancel()
	done := j.done
	p.running.Go(func() {
		<-done
		if j.landing != nil {
			j.landing.Discard()
		}
		if j.upload == nil {
			return
		}
		j.upload.Close()
		if blob := j.upload.Blob(); blob != "" {
			ctx, cancel := context.WithTimeout(p.ctx, removeLimit)
			defer cancel()
			_ = p.o.Server.Remove(ctx, blob) // it goes with the call anyway
		}
	})
}

// unwritten names what is wrong with the folder.
func unwritten(err error) Problem {
	if errors.Is(err, safe.ErrDiskFull) {
		return ProblemDisk
	}
	return ProblemFolder
}

// problem names how a transfer ended.
func problem(err error) Problem {
	var no *courier.Refusal
	switch {
	case errors.Is(err, courier.ErrUnwritable):
		return unwritten(err)
	case errors.Is(err, parcel.ErrForged):
		return ProblemForged
	case errors.Is(err, courier.ErrGone):
		return ProblemGone
	case errors.Is(err, courier.ErrChanged):
		return ProblemChanged
	case errors.Is(err, courier.ErrUnreadable):
		return ProblemUnreadable
	case !errors.As(err, &no):
		return ProblemRefused
	}
	switch no.Code {
	case wire.CodeTooLarge:
		return ProblemTooLarge
	case wire.CodeQuota:
		return ProblemQuota
	case wire.CodeStorage:
		return ProblemStorage
	case wire.CodeNotFound, wire.CodeRole:
		return ProblemOff
	}
	return ProblemRefused
}
