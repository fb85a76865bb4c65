package fake

import (
	"bytes"
	_ "embed" // the recorded sentence
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

//go:embed speech.wav
var speech []byte

// Speech is the recorded sentence (about 8 s of synthetic French), at Rate.
func Speech() ([]int16, error) {
	pcm, rate, err := ReadWAV(bytes.NewReader(speech))
	if err != nil {
		return nil, fmt.Errorf("reading the recorded sentence: %w", err)
	}
	if Rate%rate != 0 {
		return nil, fmt.Errorf("the recorded sentence has %d samples a second", rate)
	}
	return Resample(pcm, rate, Rate), nil
}

// enlarge multiplies the sample rate, with a windowed sinc that leaves no mirror images.
func enlarge(pcm []int16, times int) []int16 {
	const half = 16 // input samples to each side
	taps := make([]float64, 2*half*times+1)
	for i := range taps {
		x := float64(i-half*times) / float64(times)
		taps[i] = 0.5 + 0.5*math.Cos(math.Pi*x/(half+0.5))
		if x != 0 {
			taps[i] *= math.Sin(math.Pi*x) / (math.Pi * x)
		}
	}
	out := make([]int16, len(pcm)*times)
	for i := range out {
		sum := 0.0
		for k := i/times - half + 1; k <= i/times+half; k++ {
			if tap := i - k*times + half*times; k >= 0 && k < len(pcm) && tap >= 0 && tap < len(taps) {
				sum += float64(pcm[k]) * taps[tap]
			}
		}
		out[i] = int16(min(max(math.Round(sum), math.MinInt16), math.MaxInt16))
	}
	return out
}

// maxWAV bounds what ReadWAV takes, in bytes of sound.
const maxWAV = 64 << 20

// ReadWAV reads a file of 16-bit PCM with one channel.
func ReadWAV(r io.Reader) (pcm []int16, rate int, err error) {
	var head struct {
		Riff [4]byte
		Size uint32
		Wave [4]byte
	}
	if err := binary.Read(r, binary.LittleEndian, &head); err != nil || string(head.Riff[:])+string(head.Wave[:]) != "RIFFWAVE" {
		return nil, 0, errors.New("not a WAV file")
	}
	for {
		var chunk struct {
			ID   [4]byte
			Size uint32
		}
		if err := binary.Read(r, binary.LittleEndian, &chunk); err != nil {
			return nil, 0, fmt.Errorf("WAV file without sound: %w", err)
		}
		if chunk.Size > maxWAV {
			return nil, 0, fmt.Errorf("WAV chunk of %d bytes", chunk.Size)
		}
		body := make([]byte, chunk.Size+chunk.Size&1)
		if n, err := io.ReadFull(r, body); err != nil && n < int(chunk.Size) {
			return nil, 0, fmt.Errorf("WAV file cut short: %w", err)
		}
		switch string(chunk.ID[:]) {
		case "fmt ":
			if len(body) < 16 || binary.LittleEndian.Uint16(body) != 1 || binary.LittleEndian.Uint16(body[2:]) != 1 ||
				binary.LittleEndian.Uint16(body[14:]) != 16 {
				return nil, 0, errors.New("WAV file is not 16-bit PCM with one channel")
			}
			rate = int(binary.LittleEndian.Uint32(body[4:]))
		case "data":
			if rate < 1000 || rate > 192000 {
				return nil, 0, fmt.Errorf("WAV file with %d samples a second", rate)
			}
			pcm = make([]int16, chunk.Size/2)
			for i := range pcm {
				pcm[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return pcm, rate, nil
		}
	}
}

// WriteWAV writes 16-bit PCM with one channel.
func WriteWAV(w io.Writer, pcm []int16, rate int) error {
	size := uint32(2 * len(pcm))
	head := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, 36+size)...)
	head = append(head, "WAVEfmt "...)
	for _, v := range []uint32{16, 1 | 1<<16, uint32(rate), uint32(2 * rate), 2 | 16<<16} {
		head = binary.LittleEndian.AppendUint32(head, v)
	}
	head = binary.LittleEndian.AppendUint32(append(head, "data"...), size)
	if _, err := w.Write(head); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, pcm)
}
