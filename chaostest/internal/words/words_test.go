package words_test

import (
	"math"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/internal/words"
)

func TestNumber(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0", 999: "999", 1000: "1,000", 12_345_678: "12,345,678", 123_456: "123,456",
		math.MaxUint64: "18,446,744,073,709,551,615",
	} {
		NewWithT(t).Expect(words.Number(n)).To(Equal(want))
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 packets", 1: "1 packet", 2: "2 packets", 1204: "1,204 packets"} {
		NewWithT(t).Expect(words.Count(n, "packet")).To(Equal(want))
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 4560: "4.5 KiB", 1<<20 - 1: "1.0 MiB", 1 << 20: "1.0 MiB",
		512 << 20: "512.0 MiB", 1<<30 - 1: "1.0 GiB", 3 << 39: "1.5 TiB", math.MaxUint64: "16.0 EiB",
	} {
		NewWithT(t).Expect(words.Bytes(n)).To(Equal(want))
	}
}

func TestPercent(t *testing.T) {
	NewWithT(t).Expect(words.Percent(1, 8)).To(Equal("12.5 %"))
	NewWithT(t).Expect(words.Percent(8, 8)).To(Equal("100.0 %"))
}
