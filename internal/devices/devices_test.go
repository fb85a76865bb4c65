package devices

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/devices/fake"
)

// No test may leave a goroutine of ours, or of WebRTC, behind.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if left := leftovers(); left != "" {
			fmt.Fprintln(os.Stderr, "goroutines left behind:\n"+left)
			code = 1
		}
	}
	os.Exit(code)
}

// leftovers waits for goroutines that are on their way out.
func leftovers() string {
	var left string
	for range 100 {
		buffer := make([]byte, 1<<20)
		buffer = buffer[:runtime.Stack(buffer, true)]
		left = ""
		for _, g := range strings.Split(string(buffer), "\n\n") {
			if !strings.Contains(g, "devices.TestMain") && !strings.Contains(g, "os/signal") {
				left += g + "\n\n"
			}
		}
		if left == "" {
			return ""
		}
		time.Sleep(50 * time.Millisecond)
	}
	return left
}

// testLog writes to the test's log, also what comes late.
func testLog(t *testing.T) *slog.Logger {
	var buffer bytes.Buffer
	t.Cleanup(func() {
		if buffer.Len() > 0 {
			t.Log(buffer.String())
		}
	})
	return slog.New(slog.NewTextHandler(&locked{w: &buffer}, nil))
}

// open opens fake devices.
func open(t *testing.T, look fake.Look) *Session {
	t.Helper()
	s, report := New(Options{Fake: true, Look: look, Log: testLog(t)}).Open(t.Context(), call.Choice{})
	if report != (Report{}) {
		t.Fatalf("opening fake devices: %+v", report)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// join lets two sessions hear and see each other over a pair of PeerConnections, and
// returns what closes them.
func join(t *testing.T, a, b *Session) (cut func()) {
	t.Helper()
	var setting webrtc.SettingEngine
	setting.SetIncludeLoopbackCandidate(true)
	setting.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	api := webrtc.NewAPI(webrtc.WithSettingEngine(setting))
	pa, pb := connection(t, api, a, "b"), connection(t, api, b, "a")
	signal(t, pa, pb)
	return func() {
		pa.Close()
		pb.Close()
	}
}

func connection(t *testing.T, api *webrtc.API, s *Session, other string) *webrtc.PeerConnection {
	t.Helper()
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	for _, track := range s.Tracks() {
		sender, err := pc.AddTrack(track)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				packets, _, err := sender.ReadRTCP()
				if err != nil {
					return
				}
				for _, p := range packets {
					if _, ok := p.(*rtcp.PictureLossIndication); ok {
						s.KeyFrame()
					}
				}
			}
		}()
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			in := jitter.NewAudio()
			defer in.Close()
			s.PlayAudio(other, in)
			for {
				p, _, err := track.ReadRTP()
				if err != nil {
					return
				}
				in.Push(p)
			}
		}
		in := jitter.NewVideo(func() {
			pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
		})
		defer in.Close()
		s.PlayVideo(other, in)
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			in.Push(p)
		}
	})
	return pc
}

func signal(t *testing.T, a, b *webrtc.PeerConnection) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	offer, err := a.CreateOffer(nil)
	must(err)
	gathered := webrtc.GatheringCompletePromise(a)
	must(a.SetLocalDescription(offer))
	<-gathered
	must(b.SetRemoteDescription(*a.LocalDescription()))
	answer, err := b.CreateAnswer(nil)
	must(err)
	gathered = webrtc.GatheringCompletePromise(b)
	must(b.SetLocalDescription(answer))
	<-gathered
	must(a.SetRemoteDescription(*b.LocalDescription()))
}

// until waits for something that must come; how long it takes is not the test's affair.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: never came", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
