package networktest

import (
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// OnSpoiledThread runs spoil and then do on a new thread. The thread ends afterwards.
func OnSpoiledThread(t testing.TB, spoil func() error, do func() error) (err error) {
	t.Helper()
	var spoilt error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if spoilt = spoil(); spoilt == nil {
			err = do()
		}
	}()
	<-done
	NewWithT(t).Expect(spoilt).NotTo(HaveOccurred())
	return err
}

// Without returns a function that drops a capability of the calling thread.
func Without(capability uint) func() error {
	return func() error {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		if err := unix.Capget(&header, &data[0]); err != nil {
			return err
		}
		data[capability/32].Effective &^= 1 << (capability % 32)
		return unix.Capset(&header, &data[0])
	}
}
