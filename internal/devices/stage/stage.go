// Package stage holds the small machines that stand between a device and a codec or a
// screen: scaling, colour conversion, throttling, the meter, mute, the slot that keeps
// the newest picture, and the echo canceller. Each does one thing, allocates nothing
// per frame once it runs, and is tested alone.
//
// Pictures are 4:2:0 in the limited range of ITU-R BT.601 (luma 16 to 235), which is
// what VP8 carries and browsers show. Sound is 48 kHz mono in 16-bit samples.
package stage
