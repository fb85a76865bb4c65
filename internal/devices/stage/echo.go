package stage

/*
#cgo pkg-config: speexdsp
#include <stdlib.h>
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

typedef struct {
	SpeexEchoState *echo;
	SpeexPreprocessState *pre;
} ek_echo;

static int ek_echo_open(ek_echo *e, int frame, int tail, int rate) {
	int one = 1, zero = 0, noise = -15, echo = -40, active = -15;
	e->echo = speex_echo_state_init(frame, tail);
	e->pre = speex_preprocess_state_init(frame, rate);
	if (!e->echo || !e->pre) return 0;
	speex_echo_ctl(e->echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
	speex_preprocess_ctl(e->pre, SPEEX_PREPROCESS_SET_ECHO_STATE, e->echo);
	speex_preprocess_ctl(e->pre, SPEEX_PREPROCESS_SET_DENOISE, &one);
	speex_preprocess_ctl(e->pre, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &noise);
	speex_preprocess_ctl(e->pre, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, &echo);
	speex_preprocess_ctl(e->pre, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, &active);
	speex_preprocess_ctl(e->pre, SPEEX_PREPROCESS_SET_AGC, &zero); // loudness is the speaker's affair
	speex_preprocess_ctl(e->pre, SPEEX_PREPROCESS_SET_DEREVERB, &zero);
	return 1;
}

static void ek_echo_close(ek_echo *e) {
	if (e->echo) speex_echo_state_destroy(e->echo);
	if (e->pre) speex_preprocess_state_destroy(e->pre);
	e->echo = NULL;
	e->pre = NULL;
}

static void ek_echo_process(ek_echo *e, spx_int16_t *near, spx_int16_t *far, spx_int16_t *out) {
	speex_echo_cancellation(e->echo, near, far, out);
	speex_preprocess_run(e->pre, out);
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Canceller takes the sound of the speaker out of the sound of the microphone.
type Canceller interface {
	// Process returns near without far, 20 ms each: what the microphone heard, and
	// what the speaker was given during that time. The result is valid until the next
	// call and may be near itself.
	Process(near, far []int16) []int16
	// Reset forgets the room, as one must when a device changes.
	Reset()
	// Close frees it. It may be called twice.
	Close()
}

// Through is the canceller that does nothing, for headsets and for tests.
type Through struct{}

// Process returns near.
func (Through) Process(near, _ []int16) []int16 { return near }

// Reset does nothing.
func (Through) Reset() {}

// Close does nothing.
func (Through) Close() {}

// The shape of what Speex works on: 20 ms at 48 kHz, and the longest echo it learns.
const (
	echoFrame = 960
	echoRate  = 48000
	echoTail  = echoRate / 5
)

// Speex is the echo canceller of libspeexdsp, an adaptive filter of 200 ms, followed
// by its preprocessor for what the filter leaves and for steady noise. It changes no
// loudness. It keeps a near speaker clear during double talk, and in exchange takes
// some seconds to learn a room.
type Speex struct {
	c   *C.ek_echo
	out [echoFrame]int16
}

// NewSpeex makes one.
func NewSpeex() (*Speex, error) {
	s := &Speex{c: (*C.ek_echo)(C.calloc(1, C.size_t(C.sizeof_ek_echo)))}
	if s.c == nil || C.ek_echo_open(s.c, echoFrame, echoTail, echoRate) == 0 {
		s.Close()
		return nil, errors.New("echo canceller: out of memory")
	}
	return s, nil
}

// Process implements Canceller. Frames of another length pass unchanged.
func (s *Speex) Process(near, far []int16) []int16 {
	if s.c == nil || len(near) != echoFrame || len(far) != echoFrame {
		return near
	}
	C.ek_echo_process(s.c, (*C.spx_int16_t)(&near[0]), (*C.spx_int16_t)(&far[0]), (*C.spx_int16_t)(&s.out[0]))
	return s.out[:]
}

// Reset implements Canceller. The preprocessor has no reset of its own, so both are
// made anew.
func (s *Speex) Reset() {
	if s.c == nil {
		return
	}
	C.ek_echo_close(s.c)
	if C.ek_echo_open(s.c, echoFrame, echoTail, echoRate) == 0 {
		s.Close()
	}
}

// Close implements Canceller.
func (s *Speex) Close() {
	if s.c != nil {
		C.ek_echo_close(s.c)
		C.free(unsafe.Pointer(s.c))
		s.c = nil
	}
}
