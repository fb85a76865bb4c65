package peer

import (
	"regexp"
	"testing"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nothing sends and plays nothing.
type nothing struct{}

func (nothing) Tracks() []webrtc.TrackLocal     { return nil }
func (nothing) KeyFrame()                       {}
func (nothing) SetRate(int)                     {}
func (nothing) PlayVideo(string, *jitter.Video) {}
func (nothing) PlayAudio(string, *jitter.Audio) {}

// A second round may follow the first at once. It must not restart ICE: the server
// goes on expecting the credentials of the first, and the media would never come.
func TestRoundsInARow(t *testing.T) {
	ufrag := regexp.MustCompile(`a=ice-ufrag:(\S+)`)
	for range 30 {
		server, err := webrtc.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := New(Options{Media: nothing{}, Loopback: true, Up: func(string, wire.Kind) {}, Ready: func() {}, Down: func() {}})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for round := range uint32(3) {
			if _, err := server.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio); err != nil {
				t.Fatal(err)
			}
			offer, err := server.CreateOffer(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := server.SetLocalDescription(offer); err != nil {
				t.Fatal(err)
			}
			answer, err := p.Answer(wire.Offer{Gen: 1, Round: round + 1, SDP: offer.SDP})
			if err != nil {
				t.Fatal(err)
			}
			if err := server.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
				t.Fatal(err)
			}
			names = append(names, ufrag.FindStringSubmatch(answer.SDP)[1])
		}
		p.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if names[0] != names[1] || names[1] != names[2] {
			t.Fatalf("ICE was restarted: %v", names)
		}
	}
}
