package userspace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tunOffloads are the features of a link, as ethtool names them, that let it
// take a large frame whole, and what the TAP is told of each. A packet socket
// that skips the qdisc cannot have frames cut up for a link that takes none:
// the kernel drops them. So the TAP offers what the link does, and the kernel
// cuts the rest before it gets there.
var tunOffloads = []struct {
	feature string
	flag    int
}{
	{"tx-tcp-segmentation", unix.TUN_F_TSO4},
	{"tx-tcp6-segmentation", unix.TUN_F_TSO6},
	{"tx-tcp-ecn-segmentation", unix.TUN_F_TSO_ECN},
	{"tx-udp-segmentation", unix.TUN_F_USO4 | unix.TUN_F_USO6},
}

// allOffloads is what the TAP offers where nothing limits it.
const allOffloads = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_TSO_ECN | unix.TUN_F_USO4 | unix.TUN_F_USO6

// offloadsOf asks for the features of the link that a socket's namespace has
// under that name.
func offloadsOf(socket int, link string) (offloads int, err error) {
	const (
		getStrings, getFeatures = 0x1b, 0x3a // ETHTOOL_GSTRINGS, ETHTOOL_GFEATURES
		featureNames            = 4          // ETH_SS_FEATURES
		nameBytes               = 32         // ETH_GSTRING_LEN
		most                    = 256        // features; Linux 6.18 has fewer than 80
	)
	// struct ethtool_gstrings: command, set, count, names.
	names := make([]byte, 12+most*nameBytes)
	binary.NativeEndian.PutUint32(names, getStrings)
	binary.NativeEndian.PutUint32(names[4:], featureNames)
	if err := ethtool(socket, link, names); err != nil {
		return 0, fmt.Errorf("read feature names of %s: %w", link, err)
	}
	count := min(int(binary.NativeEndian.Uint32(names[8:])), most)
	// struct ethtool_gfeatures: command, blocks, then per 32 features the words
	// available, requested, active, never_changed.
	features := make([]byte, 8+most/32*16)
	binary.NativeEndian.PutUint32(features, getFeatures)
	binary.NativeEndian.PutUint32(features[4:], most/32)
	if err := ethtool(socket, link, features); err != nil {
		return 0, fmt.Errorf("read features of %s: %w", link, err)
	}
	active := map[string]bool{}
	for i := range count {
		name, _, _ := bytes.Cut(names[12+i*nameBytes:12+(i+1)*nameBytes], []byte{0})
		word := binary.NativeEndian.Uint32(features[8+i/32*16+8:])
		active[string(name)] = word>>(i%32)&1 == 1
	}
	offloads = unix.TUN_F_CSUM // sums are finished by the kernel where the link cannot
	for _, o := range tunOffloads {
		if active[o.feature] {
			offloads |= o.flag
		}
	}
	return offloads, nil
}

func ethtool(socket int, link string, command []byte) error {
	var request struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // struct ifreq is a union
	}
	copy(request.name[:unix.IFNAMSIZ-1], link)
	request.data = unsafe.Pointer(unsafe.SliceData(command))
	if _, _, err := unix.Syscall(unix.SYS_IOCTL, uintptr(socket), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); err != 0 {
		return err
	}
	return nil
}

// setOffloads tells the kernel which large frames the TAP takes whole.
func setOffloads(tap, offloads int) error {
	err := unix.IoctlSetInt(tap, unix.TUNSETOFFLOAD, offloads)
	if err == unix.EINVAL { // before Linux 6.2 there is no USO
		err = unix.IoctlSetInt(tap, unix.TUNSETOFFLOAD, offloads&^(unix.TUN_F_USO4|unix.TUN_F_USO6))
	}
	if err != nil {
		return fmt.Errorf("set offloads of TAP: %w", err)
	}
	return nil
}
