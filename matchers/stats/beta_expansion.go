package stats

import "math"

const (
	// largeBeta is from where on the expansion is exact to the last digits.
	largeBeta = 1000
	// nearMean is the deviance up to which it is used, three standard deviations;
	// beyond, the fraction takes fewer than fifty steps whatever a and b are.
	nearMean = 4.5
	// expansionTerms is even. At largeBeta and nearMean the last is below 1e-16.
	expansionTerms = 12
)

// betaExpansion computes what betaFraction does by an asymptotic expansion for large a
// and b (DiDonato and Morris 1992, "Algorithm 708", BASYM; compare DLMF 8.18.9).
// z is the square root of the deviance, negative where x lies above the mean.
func betaExpansion(a, b, z float64) float64 {
	const c1 = math.Sqrt2 / 4
	small, large := math.Min(a, b), math.Max(a, b)
	h, skew := small/large, (b-a)/large
	w := 1 / math.Sqrt(small*(1+h))
	z2 := 2 * z * z

	// The exponent is a power series with coefficients p; c and d belong to the
	// series that inverts it, and even and odd are the Gaussian integrals over d.
	var p, c, d [expansionTerms + 1]float64
	p[0] = 2. / 3 * skew
	c[0] = -p[0] / 2
	d[0] = -c[0]
	even, odd := math.SqrtPi/4*math.Exp(z*z)*math.Erfc(z), c1
	sum := even + d[0]*w*odd
	s, hn, wn := 1.0, 1.0, w
	zEven, zOdd := z/(2*c1), z2
	for n := 2; n <= expansionTerms; n += 2 {
		hn *= h * h
		p[n-1] = 2 * (1 + h*hn) / ((1 + h) * float64(n+2))
		s += hn
		p[n] = 2 * skew * s / float64(n+3)
		for i := n; i <= n+1; i++ {
			c[i-1] = powerTerm(-float64(i+1)/2, i, &p) / float64(i+1)
			for j := 1; j < i; j++ {
				d[i-1] -= d[i-j-1] * c[j-1]
			}
			d[i-1] -= c[i-1]
		}
		even = c1*zEven + float64(n-1)*even
		odd = c1*zOdd + float64(n)*odd
		zEven *= z2
		zOdd *= z2
		evenTerm, oddTerm := d[n-1]*wn*w*even, d[n]*wn*w*w*odd
		wn *= w * w
		sum += evenTerm + oddTerm
		if math.Abs(evenTerm)+math.Abs(oddTerm) <= 1e-16*sum {
			break
		}
	}
	return sum * 2 * math.Sqrt2 / math.Sqrt(a/(a+b)*b)
}

// powerTerm is the i-th coefficient of (1 + p1 t + p2 t^2 + ...)^r.
func powerTerm(r float64, i int, p *[expansionTerms + 1]float64) float64 {
	var q [expansionTerms + 1]float64
	q[0] = r * p[0]
	for m := 2; m <= i; m++ {
		for j := 1; j < m; j++ {
			q[m-1] += (float64(j)*r - float64(m-j)) * p[j-1] * q[m-j-1]
		}
		q[m-1] = r*p[m-1] + q[m-1]/float64(m)
	}
	return q[i-1]
}
