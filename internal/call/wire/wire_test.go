package wire

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestEveryMessageComesBack(t *testing.T) {
	for _, side := range []struct {
		name   string
		ms     []Message
		decode func([]byte) (Message, error)
	}{{"client", ClientMessages(), DecodeClient}, {"server", ServerMessages(), DecodeServer}} {
		for _, m := range side.ms {
			b, err := Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			got, err := side.decode(b)
			if err != nil || !reflect.DeepEqual(got, m) {
				t.Errorf("%s: %s became %#v, %v", side.name, b, got, err)
			}
		}
	}
}

func TestServerIsStrict(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want error
	}{
		"not JSON":       {`hello`, ErrMalformed},
		"unknown type":   {`{"type":"sudo","data":{}}`, ErrMalformed},
		"server's type":  {`{"type":"welcome","data":{}}`, ErrMalformed},
		"unknown field":  {`{"type":"admit","data":{"peer":"a","force":true}}`, ErrMalformed},
		"no data":        {`{"type":"admit"}`, ErrMalformed},
		"wrong kind":     {`{"type":"admit","data":{"peer":7}}`, ErrMalformed},
		"two messages":   {`{"type":"leave","data":{}}{"type":"leave","data":{}}`, ErrMalformed},
		"huge":           {`{"type":"leave","data":{}}` + strings.Repeat(" ", MaxMessage), ErrTooLarge},
		"huge SDP":       {`{"type":"answer","data":{"gen":1,"round":1,"sdp":"` + strings.Repeat("a", MaxSDP+1) + `"}}`, ErrTooLarge},
		"long note":      {`{"type":"note","data":{"peer":"a","text":"` + strings.Repeat("é", MaxText+1) + `"}}`, ErrTooLarge},
		"keys in an SDP": {`{"type":"answer","data":{"gen":1,"round":1,"sdp":"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA"}}`, ErrMalformed},
		"negative round": {`{"type":"answer","data":{"gen":1,"round":-1,"sdp":""}}`, ErrMalformed},
	} {
		if m, err := DecodeClient([]byte(tt.in)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %#v, %v; want %v", name, m, err, tt.want)
		}
	}
}

func TestClientsIgnoreWhatTheyDoNotKnow(t *testing.T) {
	if m, err := DecodeServer([]byte(`{"type":"fireworks","data":{}}`)); m != nil || err != nil {
		t.Errorf("unknown type: %#v, %v", m, err)
	}
	m, err := DecodeServer([]byte(`{"type":"pong","data":{"at":1,"new":true}}`))
	if err != nil || m != (Pong{At: 1}) {
		t.Errorf("unknown field: %#v, %v", m, err)
	}
}

func FuzzDecodeClient(f *testing.F) {
	for _, m := range ClientMessages() {
		b, _ := Encode(m)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeClient(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("an error with no kind: %v", err)
			}
			return
		}
		b2, err := Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(b2) > MaxMessage {
			return // escapes can grow what came in raw
		}
		if m2, err := DecodeClient(b2); err != nil || !reflect.DeepEqual(m, m2) {
			t.Fatalf("%#v became %#v, %v", m, m2, err)
		}
	})
}
