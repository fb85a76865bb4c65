package sfu

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// Opus and VP8 are what every WebRTC endpoint must know (RFC 7874, RFC 7742).
var (
	opus = webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
		SDPFmtpLine:  "minptime=10;useinbandfec=1",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBTransportCC}},
	}
	vp8 = webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
		RTCPFeedback: []webrtc.RTCPFeedback{
			{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
			{Type: webrtc.TypeRTCPFBNACK},
			{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
			{Type: webrtc.TypeRTCPFBTransportCC},
		},
	}
)

func newAPI(mux ice.UDPMux, o Options) (*webrtc.API, error) {
	var media webrtc.MediaEngine
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: 111}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: vp8, PayloadType: 96}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	var chain interceptor.Registry
	if err := webrtc.ConfigureNack(&media, &chain); err != nil {
		return nil, err
	}
	if err := webrtc.ConfigureRTCPReports(&chain); err != nil {
		return nil, err
	}
	// Feedback by which a browser fits its rate to its uplink.
	if err := webrtc.ConfigureTWCCSender(&media, &chain); err != nil {
		return nil, err
	}
	var set webrtc.SettingEngine
	set.LoggerFactory = quiet()
	set.SetLite(true)
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if err := place(&set, mux, o); err != nil {
		return nil, err
	}
	set.SetICETimeouts(5*time.Second, 15*time.Second, 2*time.Second)
	// ICE has already proven that the client answers at its address.
	set.SetDTLSInsecureSkipHelloVerify(true)
	set.SetDTLSRetransmissionInterval(200 * time.Millisecond)
	set.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	return webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&chain), webrtc.WithSettingEngine(set)), nil
}

// place says where media arrives and which addresses are told.
func place(set *webrtc.SettingEngine, mux ice.UDPMux, o Options) error {
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	local := o.Host
	if mux != nil {
		set.SetICEUDPMux(mux)
		if at, ok := o.UDP.LocalAddr().(*net.UDPAddr); ok {
			local = at.IP
		}
	} else {
		if err := set.SetEphemeralUDPPortRange(o.MinPort, o.MaxPort); err != nil {
			return err
		}
		if local == nil || local.To4() != nil {
			networks = networks[:1]
		}
		if local != nil && !local.IsUnspecified() {
			set.SetIPFilter(local.Equal)
		}
	}
	set.SetNetworkTypes(networks)
	if local != nil && local.IsLoopback() {
		set.SetIncludeLoopbackCandidate(true)
	}
	if o.Public == nil || o.Public.Equal(local) {
		return nil
	}
	return set.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{External: []string{o.Public.String()}, AsCandidateType: webrtc.ICECandidateTypeHost})
}

type counters struct {
	seats                atomic.Int64
	packets, bytes, keys atomic.Uint64
}

// quiet drops pion's own log lines: they name addresses, which no log may hold.
func quiet() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
