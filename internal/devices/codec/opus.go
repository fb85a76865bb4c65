package codec

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"
)

// OpusEncoder makes Opus packets of 20 ms (RFC 6716): speech, full band, about
// 32 kbit/s, each packet carrying a coarse copy of the one before (in-band FEC).
// Discontinuous transmission is off, so that silence keeps the receiver's clock.
type OpusEncoder struct {
	enc *opus.Encoder
	out [maxPacket]byte
}

// NewOpusEncoder makes an encoder for 48 kHz mono.
func NewOpusEncoder() (*OpusEncoder, error) {
	enc, err := opus.NewEncoder(SampleRate, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	for _, set := range []func() error{
		func() error { return enc.SetBitrate(32000) },
		func() error { return enc.SetMaxBandwidth(opus.Fullband) },
		func() error { return enc.SetInBandFEC(true) },
		func() error { return enc.SetPacketLossPerc(10) },
		func() error { return enc.SetDTX(false) },
	} {
		if err := set(); err != nil {
			return nil, fmt.Errorf("opus encoder: %w", err)
		}
	}
	return &OpusEncoder{enc: enc}, nil
}

// Encode makes a packet of FrameSamples samples. It is valid until the next call.
func (e *OpusEncoder) Encode(pcm []int16) ([]byte, error) {
	if len(pcm) != FrameSamples {
		return nil, fmt.Errorf("opus frame of %d samples, want %d", len(pcm), FrameSamples)
	}
	n, err := e.enc.Encode(pcm, e.out[:])
	if err != nil {
		return nil, fmt.Errorf("opus encoding: %w", err)
	}
	return e.out[:n], nil
}

// Reset forgets what was encoded, so that nothing of it sounds on in what follows.
func (e *OpusEncoder) Reset() error { return e.enc.Reset() }

// OpusDecoder decodes one stream of Opus packets to 48 kHz mono.
type OpusDecoder struct {
	dec *opus.Decoder
	pcm [maxSamples]int16
}

// NewOpusDecoder makes a decoder.
func NewOpusDecoder() (*OpusDecoder, error) {
	dec, err := opus.NewDecoder(SampleRate, 1)
	if err != nil {
		return nil, fmt.Errorf("opus decoder: %w", err)
	}
	return &OpusDecoder{dec: dec}, nil
}

// Decode decodes a packet, which may be hostile. The samples (2.5 to 120 ms) are valid
// until the next call.
func (d *OpusDecoder) Decode(packet []byte) ([]int16, error) {
	if len(packet) == 0 || len(packet) > maxPacket {
		return nil, fmt.Errorf("opus packet of %d bytes", len(packet))
	}
	n, err := d.dec.Decode(packet, d.pcm[:])
	if err != nil {
		return nil, fmt.Errorf("opus decoding: %w", err)
	}
	return d.pcm[:n], nil
}

// Recover returns the 20 ms of a lost packet, out of the coarse copy in the packet that
// followed it; with next empty or of no use, out of what was heard before.
func (d *OpusDecoder) Recover(next []byte) ([]int16, error) {
	// The binding takes the capacity for the length, hence the third index.
	out := d.pcm[:FrameSamples:FrameSamples]
	if len(next) > 0 && len(next) <= maxPacket {
		if err := d.dec.DecodeFEC(next, out); err == nil {
			return out, nil
		}
	}
	if err := d.dec.DecodePLC(out); err != nil {
		return nil, fmt.Errorf("opus concealment: %w", err)
	}
	return out, nil
}
