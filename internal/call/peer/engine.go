package peer

import (
	"io"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// ICE is asked once a second whether the other side still answers. Three seconds
// without anything count as disconnected.
const (
	askEvery     = time.Second
	disconnected = 3 * time.Second
	failedAfter  = 6 * time.Second // on top
)

// When we control ICE, a pair of this kind is not chosen before: a better one may answer.
const (
	reflexiveWait = 200 * time.Millisecond
	relayWait     = 600 * time.Millisecond
)

// newAPI makes the engine of connection p, with t for TCP unless nil.
func newAPI(o Options, t *Tunnel, p *Peer) (*webrtc.API, error) {
	var media webrtc.MediaEngine
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}
	vp8 := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: []webrtc.RTCPFeedback{
		{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"}, {Type: webrtc.TypeRTCPFBNACK}, {Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
	}}
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
	if err := estimate(&media, &chain, p.rated); err != nil {
		return nil, err
	}
	var set webrtc.SettingEngine
	set.LoggerFactory = quiet()
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetIncludeLoopbackCandidate(o.Loopback)
	set.SetICETimeouts(disconnected, failedAfter, askEvery)
	set.SetSrflxAcceptanceMinWait(reflexiveWait)
	set.SetPrflxAcceptanceMinWait(reflexiveWait)
	set.SetRelayAcceptanceMinWait(relayWait)
	if t != nil {
		set.SetICEProxyDialer(t)
	}
	set.SetDTLSRetransmissionInterval(200 * time.Millisecond)
	// ICE has already proven that the other side answers at its address.
	set.SetDTLSInsecureSkipHelloVerify(true)
	if err := set.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return nil, err
	}
	set.SetDTLSServerHelloMessageHook(p.negotiate)
	set.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	return webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&chain), webrtc.WithSettingEngine(set)), nil
}

// estimate lets the rate follow the network both ways: feedback for what comes
// (transport-wide congestion control, draft-holmer-rmcat-transport-wide-cc-extensions-01),
// and Google congestion control (draft-ietf-rmcat-gcc-02) for what leaves.
func estimate(media *webrtc.MediaEngine, chain *interceptor.Registry, rated func(int)) error {
	control, err := cc.NewInterceptor(func() (cc.BandwidthEstimator, error) {
		return gcc.NewSendSideBWE(
			gcc.SendSideBWEInitialBitrate(rateStart*1000), gcc.SendSideBWEMinBitrate(rateMin*1000), gcc.SendSideBWEMaxBitrate(rateMax*1000),
			gcc.SendSideBWEPacer(gcc.NewNoOpPacer()), gcc.WithLoggerFactory(quiet()))
	})
	if err != nil {
		return err
	}
	control.OnNewPeerConnection(func(_ string, e cc.BandwidthEstimator) { e.OnTargetBitrateChange(rated) })
	chain.Add(control)
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(media, chain); err != nil {
		return err
	}
	return webrtc.ConfigureTWCCSender(media, chain)
}

// quiet drops pion's own log lines: they name addresses, which no log may hold.
func quiet() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
