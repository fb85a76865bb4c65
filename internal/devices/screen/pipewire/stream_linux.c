//go:build cgo

#include "stream_linux.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <pipewire/pipewire.h>
#include <spa/param/video/format-utils.h>

// The library is looked for when a screen is shown, for the program must start without it.
// Its headers are needed when it is built, and give each function its type.
#define FUNCTIONS(X) \
	X(init) X(properties_new) \
	X(thread_loop_new) X(thread_loop_destroy) X(thread_loop_start) X(thread_loop_stop) \
	X(thread_loop_lock) X(thread_loop_unlock) X(thread_loop_get_loop) \
	X(context_new) X(context_destroy) X(context_connect_fd) X(core_disconnect) \
	X(stream_new) X(stream_destroy) X(stream_add_listener) X(stream_connect) \
	X(stream_update_params) X(stream_dequeue_buffer) X(stream_queue_buffer)

struct library {
#define FIELD(name) __typeof__(pw_##name) *name;
	FUNCTIONS(FIELD)
#undef FIELD
};

static bool load(struct library *l)
{
	// It stays loaded: it has threads and thread-local memory of its own.
	void *so = dlopen("libpipewire-0.3.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (so == NULL)
		return false;
#define FIND(name) if ((l->name = (__typeof__(pw_##name) *)dlsym(so, "pw_" #name)) == NULL) { dlclose(so); return false; }
	FUNCTIONS(FIND)
#undef FIND
	dlclose(so);
	l->init(NULL, NULL);
	return true;
}

struct ek_stream {
	struct library pw;
	struct pw_thread_loop *loop;
	struct pw_context *context;
	struct pw_core *core;
	struct pw_stream *stream;
	struct spa_hook core_hook, stream_hook;

	// What follows belongs to whoever holds the loop's lock.
	struct spa_video_info_raw info;
	struct pw_buffer *held; // the newest, kept from the other side while it is the newest
	bool fresh;             // held has not been read
	bool ended;
};

static void on_core_error(void *data, uint32_t id, int seq, int res, const char *message)
{
	struct ek_stream *s = data;
	(void)seq, (void)message;
	if (id == PW_ID_CORE && res == -EPIPE)
		s->ended = true;
}

static void on_state(void *data, enum pw_stream_state old, enum pw_stream_state now, const char *message)
{
	struct ek_stream *s = data;
	(void)old, (void)message;
	if (now == PW_STREAM_STATE_ERROR || now == PW_STREAM_STATE_UNCONNECTED)
		s->ended = true;
}

// on_param takes the size and the order of colours that were agreed on, and says in which
// memory pictures may come, and that we would like to know which part of them is shown.
static void on_param(void *data, uint32_t id, const struct spa_pod *param)
{
	struct ek_stream *s = data;
	if (id != SPA_PARAM_Format || param == NULL)
		return;
	spa_zero(s->info);
	s->fresh = false;
	uint32_t type, subtype;
	if (spa_format_parse(param, &type, &subtype) < 0 || type != SPA_MEDIA_TYPE_video ||
			subtype != SPA_MEDIA_SUBTYPE_raw || spa_format_video_raw_parse(param, &s->info) < 0) {
		spa_zero(s->info);
		return;
	}
	uint8_t memory[512];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(memory, sizeof memory);
	const struct spa_pod *params[] = {
		spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers,
			SPA_PARAM_BUFFERS_buffers, SPA_POD_CHOICE_RANGE_Int(4, 2, 8), // one is held here
			SPA_PARAM_BUFFERS_dataType, SPA_POD_CHOICE_FLAGS_Int(1 << SPA_DATA_MemFd | 1 << SPA_DATA_MemPtr)),
		spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
			SPA_PARAM_META_type, SPA_POD_Id(SPA_META_VideoCrop),
			SPA_PARAM_META_size, SPA_POD_Int(sizeof(struct spa_meta_region))),
	};
	s->pw.stream_update_params(s->stream, params, SPA_N_ELEMENTS(params));
}

static void on_remove_buffer(void *data, struct pw_buffer *buffer)
{
	struct ek_stream *s = data;
	if (s->held == buffer)
		s->held = NULL;
}

// has_picture tells a picture from what only says that the pointer moved, or went wrong.
static bool has_picture(const struct pw_buffer *buffer)
{
	const struct spa_buffer *b = buffer->buffer;
	return b->n_datas > 0 && b->datas[0].chunk != NULL && b->datas[0].chunk->size > 0 &&
		!(b->datas[0].chunk->flags & SPA_CHUNK_FLAG_CORRUPTED);
}

static void on_process(void *data)
{
	struct ek_stream *s = data;
	struct pw_buffer *next;
	while ((next = s->pw.stream_dequeue_buffer(s->stream)) != NULL) {
		if (!has_picture(next)) {
			s->pw.stream_queue_buffer(s->stream, next);
			continue;
		}
		if (s->held != NULL)
			s->pw.stream_queue_buffer(s->stream, s->held);
		s->held = next;
		s->fresh = true;
	}
}

static const struct pw_core_events core_events = {
	PW_VERSION_CORE_EVENTS,
	.error = on_core_error,
};

static const struct pw_stream_events stream_events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = on_state,
	.param_changed = on_param,
	.remove_buffer = on_remove_buffer,
	.process = on_process,
};

// start runs with the loop locked.
static bool start(struct ek_stream *s, int fd, uint32_t node)
{
	s->core = s->pw.context_connect_fd(s->context, fd, NULL, 0);
	if (s->core == NULL)
		return false;
	pw_core_add_listener(s->core, &s->core_hook, &core_events, s);
	s->stream = s->pw.stream_new(s->core, "e-KerMed", s->pw.properties_new(
		PW_KEY_MEDIA_TYPE, "Video", PW_KEY_MEDIA_CATEGORY, "Capture", PW_KEY_MEDIA_ROLE, "Screen", NULL));
	if (s->stream == NULL)
		return false;
	s->pw.stream_add_listener(s->stream, &s->stream_hook, &stream_events, s);
	uint8_t memory[1024];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(memory, sizeof memory);
	const struct spa_pod *format = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat,
		SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video),
		SPA_FORMAT_mediaSubtype, SPA_POD_Id(SPA_MEDIA_SUBTYPE_raw),
		SPA_FORMAT_VIDEO_format, SPA_POD_CHOICE_ENUM_Id(5, SPA_VIDEO_FORMAT_BGRx,
			SPA_VIDEO_FORMAT_BGRx, SPA_VIDEO_FORMAT_RGBx, SPA_VIDEO_FORMAT_BGRA, SPA_VIDEO_FORMAT_RGBA),
		SPA_FORMAT_VIDEO_size, SPA_POD_CHOICE_RANGE_Rectangle(
			&SPA_RECTANGLE(1920, 1080), &SPA_RECTANGLE(1, 1), &SPA_RECTANGLE(16384, 16384)),
		SPA_FORMAT_VIDEO_framerate, SPA_POD_CHOICE_RANGE_Fraction(
			&SPA_FRACTION(16, 1), &SPA_FRACTION(0, 1), &SPA_FRACTION(1000, 1)),
		SPA_FORMAT_VIDEO_maxFramerate, SPA_POD_CHOICE_RANGE_Fraction(
			&SPA_FRACTION(16, 1), &SPA_FRACTION(1, 1), &SPA_FRACTION(1000, 1)));
	// Not PW_STREAM_FLAG_MAP_BUFFERS: a map of a file that the other side shortens kills who
	// looks at it. And when the source is gone, no other takes its place.
	return s->pw.stream_connect(s->stream, PW_DIRECTION_INPUT, node,
		PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_DONT_RECONNECT, &format, 1) >= 0;
}

struct ek_stream *ek_open(int fd, uint32_t node, int *why)
{
	struct ek_stream *s = calloc(1, sizeof *s);
	*why = EK_FAILED;
	if (s == NULL)
		return NULL;
	if (!load(&s->pw)) {
		*why = EK_NO_LIBRARY;
		free(s);
		return NULL;
	}
	s->loop = s->pw.thread_loop_new("screen", NULL);
	if (s->loop != NULL)
		s->context = s->pw.context_new(s->pw.thread_loop_get_loop(s->loop), NULL, 0);
	if (s->context == NULL || s->pw.thread_loop_start(s->loop) < 0) {
		ek_close(s);
		return NULL;
	}
	s->pw.thread_loop_lock(s->loop);
	bool ok = start(s, fd, node);
	s->pw.thread_loop_unlock(s->loop);
	if (!ok) {
		ek_close(s);
		return NULL;
	}
	return s;
}

int ek_lock(struct ek_stream *s, struct ek_frame *frame)
{
	s->pw.thread_loop_lock(s->loop);
	if (s->ended)
		return -1;
	if (s->held == NULL || !s->fresh)
		return 0;
	s->fresh = false;
	*frame = (struct ek_frame){.width = s->info.size.width, .height = s->info.size.height};
	switch (s->info.format) {
	case SPA_VIDEO_FORMAT_BGRx: case SPA_VIDEO_FORMAT_BGRA: frame->format = EK_BGRX; break;
	case SPA_VIDEO_FORMAT_RGBx: case SPA_VIDEO_FORMAT_RGBA: frame->format = EK_RGBX; break;
	default: break;
	}
	struct spa_buffer *b = s->held->buffer;
	const struct spa_meta_region *crop = spa_buffer_find_meta_data(b, SPA_META_VideoCrop, sizeof *crop);
	if (crop != NULL && spa_meta_region_is_valid(crop)) {
		frame->cropped = 1;
		frame->crop_x = crop->region.position.x;
		frame->crop_y = crop->region.position.y;
		frame->crop_width = crop->region.size.width;
		frame->crop_height = crop->region.size.height;
	}
	// The other side may write there at any time: each number is read once.
	const volatile struct spa_chunk *chunk = b->datas[0].chunk;
	frame->offset = chunk->offset;
	frame->size = chunk->size;
	frame->stride = chunk->stride;
	frame->map_offset = b->datas[0].mapoffset;
	frame->max_size = b->datas[0].maxsize;
	if (b->datas[0].type == SPA_DATA_MemFd) {
		frame->memory = EK_FILE;
		frame->fd = b->datas[0].fd;
	} else if (b->datas[0].type == SPA_DATA_MemPtr && b->datas[0].data != NULL) {
		frame->memory = EK_POINTER;
		frame->data = b->datas[0].data;
	}
	return 1;
}

void ek_unlock(struct ek_stream *s)
{
	s->pw.thread_loop_unlock(s->loop);
}

void ek_close(struct ek_stream *s)
{
	if (s->loop != NULL)
		s->pw.thread_loop_stop(s->loop);
	if (s->stream != NULL)
		s->pw.stream_destroy(s->stream);
	if (s->core != NULL)
		s->pw.core_disconnect(s->core);
	if (s->context != NULL)
		s->pw.context_destroy(s->context);
	if (s->loop != NULL)
		s->pw.thread_loop_destroy(s->loop);
	free(s);
}
