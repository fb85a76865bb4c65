// One video stream of PipeWire, read where we like rather than when it comes.
#ifndef EKERMED_STREAM_H
#define EKERMED_STREAM_H

#include <stdint.h>

struct ek_stream;

// ek_frame is a picture as the other side describes it: nothing of it is checked here.
struct ek_frame {
	uint32_t format, width, height; // as negotiated
	uint32_t cropped;               // whether the next four were told
	int32_t crop_x, crop_y;
	uint32_t crop_width, crop_height;

	uint32_t memory;                // EK_FILE or EK_POINTER
	int64_t fd;
	void *data;
	uint32_t map_offset, max_size;  // of the memory
	uint32_t offset, size; // of the picture in it
	int32_t stride;
};

enum { EK_FILE = 1, EK_POINTER = 2 };
enum { EK_BGRX = 1, EK_RGBX = 2 };     // ek_frame.format; 0 for any other

enum { EK_NO_LIBRARY = 1, EK_FAILED = 2 };

// ek_open connects to a node through fd, which it takes over. NULL and *why on failure.
struct ek_stream *ek_open(int fd, uint32_t node, int *why);

// ek_lock holds the stream still, on this thread. It returns a new picture (1), nothing new
// (0), or that the stream has ended (-1); the picture is good until ek_unlock.
int ek_lock(struct ek_stream *s, struct ek_frame *frame);
void ek_unlock(struct ek_stream *s);

// ek_close ends the stream; s is gone then.
void ek_close(struct ek_stream *s);

#endif
