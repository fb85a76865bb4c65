package fake

import (
	"bufio"
	"fmt"
	"io"
)

// WriteY4M writes the camera's next frames pictures as YUV4MPEG2, which Chromium plays as
// its camera (--use-file-for-fake-video-capture), over and over.
func WriteY4M(w io.Writer, c *Camera, frames int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	fmt.Fprintf(out, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420\n", Width, Height, FPS)
	for range frames {
		m, _ := c.Next()
		out.WriteString("FRAME\n")
		out.Write(m.Y)
		out.Write(m.Cb)
		out.Write(m.Cr)
	}
	return out.Flush() // keeps the first error of all the writes
}
