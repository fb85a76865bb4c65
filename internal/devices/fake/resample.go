package fake

// Resample changes the sample rate; upwards by whole numbers with a proper filter, in
// all other cases by straight lines between samples, which is good enough to compare.
func Resample(pcm []int16, from, to int) []int16 {
	if from == to || from <= 0 || to <= 0 || len(pcm) == 0 {
		return pcm
	}
	if to > from && to%from == 0 {
		return enlarge(pcm, to/from)
	}
	out := make([]int16, len(pcm)*to/from)
	for i := range out {
		p := float64(i) * float64(from) / float64(to)
		k := int(p)
		if k+1 >= len(pcm) {
			out[i] = pcm[len(pcm)-1]
			continue
		}
		out[i] = int16(float64(pcm[k]) + (float64(pcm[k+1])-float64(pcm[k]))*(p-float64(k)))
	}
	return out
}
