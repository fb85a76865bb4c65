// The few calls of libvpx that e-KerMed needs, each as one C function, so that Go
// never holds a libvpx structure and every call crosses the border once.
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

typedef struct {
	vpx_codec_ctx_t ctx;
	vpx_codec_enc_cfg_t cfg;
	vpx_image_t img;
} ek_encoder;

static ek_encoder *ek_encoder_new(int w, int h, int kbps, int screen) {
	ek_encoder *e = calloc(1, sizeof *e);
	if (!e) return NULL;
	if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &e->cfg, 0)) { free(e); return NULL; }
	e->cfg.g_w = w;
	e->cfg.g_h = h;
	e->cfg.g_timebase.num = 1;
	e->cfg.g_timebase.den = 90000;
	e->cfg.g_threads = 1; // two cost more processor than they save, up to 720p
	e->cfg.g_lag_in_frames = 0;
	e->cfg.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
	e->cfg.g_pass = VPX_RC_ONE_PASS;
	e->cfg.rc_end_usage = VPX_CBR;
	e->cfg.rc_target_bitrate = kbps;
	e->cfg.rc_min_quantizer = 2;
	e->cfg.rc_max_quantizer = 56;
	e->cfg.rc_undershoot_pct = 100;
	e->cfg.rc_overshoot_pct = 15;
	e->cfg.rc_buf_initial_sz = 500;
	e->cfg.rc_buf_optimal_sz = 600;
	e->cfg.rc_buf_sz = 1000;
	e->cfg.rc_dropframe_thresh = 0; // the frame rate is the last thing to give up
	if (screen) { // sharp text before many pictures
		e->cfg.rc_max_quantizer = 44;
		e->cfg.rc_dropframe_thresh = 20;
	}
	e->cfg.kf_mode = VPX_KF_DISABLED; // key frames come when somebody asks
	if (vpx_codec_enc_init(&e->ctx, vpx_codec_vp8_cx(), &e->cfg, 0)) { free(e); return NULL; }
	vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, -8);
	vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, 1);
	vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, 450);
	if (screen) vpx_codec_control(&e->ctx, VP8E_SET_SCREEN_CONTENT_MODE, 1);
	if (!vpx_img_wrap(&e->img, VPX_IMG_FMT_I420, w, h, 1, (unsigned char *)e)) {
		vpx_codec_destroy(&e->ctx);
		free(e);
		return NULL;
	}
	return e;
}

static int ek_encode(ek_encoder *e, void *y, void *u, void *v, int ys, int cs, long long pts,
		long long duration, int force_key, void **out, size_t *n, int *key) {
	e->img.planes[0] = y;
	e->img.planes[1] = u;
	e->img.planes[2] = v;
	e->img.stride[0] = ys;
	e->img.stride[1] = e->img.stride[2] = cs;
	int rc = vpx_codec_encode(&e->ctx, &e->img, pts, duration,
		force_key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
	e->img.planes[0] = e->img.planes[1] = e->img.planes[2] = NULL; // Go's memory: not to be kept
	*n = 0;
	if (rc) return rc;
	vpx_codec_iter_t it = NULL;
	const vpx_codec_cx_pkt_t *p;
	while ((p = vpx_codec_get_cx_data(&e->ctx, &it)))
		if (p->kind == VPX_CODEC_CX_FRAME_PKT) {
			*out = p->data.frame.buf;
			*n = p->data.frame.sz;
			*key = (p->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
		}
	return 0;
}

static int ek_encoder_rate(ek_encoder *e, int kbps) {
	e->cfg.rc_target_bitrate = kbps;
	return vpx_codec_enc_config_set(&e->ctx, &e->cfg);
}

static void ek_encoder_free(ek_encoder *e) {
	vpx_codec_destroy(&e->ctx);
	free(e);
}

static vpx_codec_ctx_t *ek_decoder_new(void) {
	vpx_codec_ctx_t *d = calloc(1, sizeof *d);
	if (!d) return NULL;
	vpx_codec_dec_cfg_t cfg = {.threads = 1};
	if (vpx_codec_dec_init(d, vpx_codec_vp8_dx(), &cfg, 0)) { free(d); return NULL; }
	return d;
}

// ek_decode decodes one frame and returns the picture to show, or NULL.
static vpx_image_t *ek_decode(vpx_codec_ctx_t *d, void *data, unsigned n, int *rc) {
	*rc = vpx_codec_decode(d, data, n, NULL, 0);
	vpx_codec_iter_t it = NULL;
	vpx_image_t *img, *last = NULL;
	while ((img = vpx_codec_get_frame(d, &it))) last = img;
	return *rc ? NULL : last;
}

// ek_plane copies plane k, w by h samples, into tight rows.
static void ek_plane(vpx_image_t *img, int k, void *to, int w, int h) {
	unsigned char *out = to, *in = img->planes[k];
	for (int i = 0; i < h; i++, out += w, in += img->stride[k]) memcpy(out, in, w);
}

static void ek_decoder_free(vpx_codec_ctx_t *d) {
	vpx_codec_destroy(d);
	free(d);
}
