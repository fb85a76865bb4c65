package edge

import (
	"testing"

	"github.com/pion/stun/v4"
)

func request(t testing.TB, set ...stun.Setter) []byte {
	t.Helper()
	m, err := stun.Build(append([]stun.Setter{stun.TransactionID}, set...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

func TestContent(t *testing.T) {
	kind := stun.NewType
	odd := stun.RawAttribute{Type: stun.AttrSoftware, Value: []byte("abc")} // padded to four
	for name, tt := range map[string]struct {
		b    []byte
		turn bool
	}{
		"nothing":              {nil, false},
		"one byte":             {[]byte{0}, false},
		"STUN":                 {request(t, stun.BindingRequest), true},
		"STUN, software":       {request(t, stun.BindingRequest, odd, stun.Fingerprint), true},
		"an ICE check":         {request(t, stun.BindingRequest, odd, stun.NewUsername("a:b"), stun.Fingerprint), false},
		"an answer to ours":    {request(t, stun.BindingSuccess), false},
		"an error to ours":     {request(t, stun.BindingError), false},
		"an indication":        {request(t, kind(stun.MethodBinding, stun.ClassIndication)), false},
		"Allocate":             {request(t, kind(stun.MethodAllocate, stun.ClassRequest), stun.NewUsername("u")), true},
		"Refresh":              {request(t, kind(stun.MethodRefresh, stun.ClassRequest)), true},
		"Send":                 {request(t, kind(stun.MethodSend, stun.ClassIndication)), true},
		"CreatePermission":     {request(t, kind(stun.MethodCreatePermission, stun.ClassRequest)), true},
		"ChannelBind":          {request(t, kind(stun.MethodChannelBind, stun.ClassRequest)), true},
		"another cookie":       {append([]byte{0, 3, 0, 0, 1, 2, 3, 4}, make([]byte, 12)...), false},
		"ChannelData":          {[]byte{64, 0, 0, 0}, true},
		"the last ChannelData": {[]byte{79, 255, 0, 0}, true},
		"DTLS":                 {[]byte{22, 254, 253}, false},
		"the last DTLS":        {[]byte{63}, false},
		"reserved":             {[]byte{80, 0, 0, 0}, false},
		"SRTP":                 {[]byte{128, 111}, false},
		"SRTCP":                {[]byte{128, 200}, false},
	} {
		if got := forTURN(tt.b); got != tt.turn {
			t.Errorf("%s: %v", name, got)
		}
	}
	for first := range 256 {
		if got := speaksTURN(byte(first)); got != (first < 64) {
			t.Errorf("stream, %d: %v", first, got)
		}
	}
}

// FuzzContent compares with a full decoder whatever that one takes.
func FuzzContent(f *testing.F) {
	f.Add(request(f, stun.BindingRequest))
	f.Add(request(f, stun.BindingRequest, stun.NewUsername("a:b"), stun.Fingerprint))
	f.Add(request(f, stun.NewType(stun.MethodAllocate, stun.ClassRequest), stun.NewUsername("a:b")))
	f.Add([]byte{64, 0, 0, 1, 2})
	f.Add(append(request(f, stun.BindingRequest), 0x80, 0x22, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := forTURN(b)
		m := &stun.Message{Raw: b}
		if len(b) == 0 || b[0] > 3 || m.Decode() != nil || int(m.Length)+stunHeader != len(b) {
			return
		}
		want := m.Type.Method != stun.MethodBinding || m.Type.Class == stun.ClassRequest && !m.Contains(stun.AttrUsername)
		if got != want {
			t.Errorf("%s goes to TURN: %v", m, got)
		}
	})
}
