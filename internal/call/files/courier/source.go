package courier

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"
)

// FileSource is a file on the disk, as it is now: ErrChanged when it is not later.
func FileSource(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Source{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if !info.Mode().IsRegular() {
		return Source{}, fmt.Errorf("%w: it is no file", ErrUnreadable)
	}
	size, at := info.Size(), info.ModTime()
	return Source{Size: size, Open: func() (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		return &watched{f, size, at}, nil
	}}, nil
}

// watched is a file that must stay as it was.
type watched struct {
	*os.File
	size int64
	at   time.Time
}

// Read answers ErrChanged at the end of a file that was written to meanwhile.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.File.Read(b)
	if err == nil {
		return n, nil
	}
	info, failed := w.Stat()
	if failed != nil {
		return n, failed
	}
	if info.Size() != w.size || !info.ModTime().Equal(w.at) {
		return n, ErrChanged
	}
	return n, err
}

// BytesSource is what is in memory already, such as a photograph.
func BytesSource(b []byte) Source {
	return Source{Size: int64(len(b)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}
