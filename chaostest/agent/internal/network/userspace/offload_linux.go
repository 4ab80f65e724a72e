package userspace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tunOffloads are the features that let a link take a large frame whole, as
// ethtool names them, and the flag that lets the TAP take it. A packet socket that
// skips the qdisc cannot have frames cut up: the kernel drops those that are too
// large for the link. So the TAP takes what the link takes, and the kernel cuts
// the rest before it gets there.
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

// The answers of ethtool, from include/uapi/linux/ethtool.h.
const (
	featureNameBytes = 32  // ETH_GSTRING_LEN
	mostFeatures     = 256 // Linux 6.18 has fewer than 80
	stringsHead      = 12  // struct ethtool_gstrings: command, set, count, then the names
	featuresHead     = 8   // struct ethtool_gfeatures: command, blocks, then the blocks
	// A block is for 32 features: available, requested, active, never_changed.
	featureBlock  = 16
	activeInBlock = 8
)

// offloadsOf asks for the features of the link that a socket's namespace has
// under that name.
func offloadsOf(socket int, link string) (offloads int, err error) {
	const (
		getStrings, getFeatures = 0x1b, 0x3a // ETHTOOL_GSTRINGS, ETHTOOL_GFEATURES
		featureNames            = 4          // ETH_SS_FEATURES
	)
	names := make([]byte, stringsHead+mostFeatures*featureNameBytes)
	binary.NativeEndian.PutUint32(names, getStrings)
	binary.NativeEndian.PutUint32(names[4:], featureNames)
	if err := ethtool(socket, link, names); err != nil {
		return 0, fmt.Errorf("read feature names of %s: %w", link, err)
	}
	features := make([]byte, featuresHead+mostFeatures/32*featureBlock)
	binary.NativeEndian.PutUint32(features, getFeatures)
	binary.NativeEndian.PutUint32(features[4:], mostFeatures/32)
	if err := ethtool(socket, link, features); err != nil {
		return 0, fmt.Errorf("read features of %s: %w", link, err)
	}
	return offloadsIn(names, features), nil
}

// offloadsIn reads which offloads the link has switched on. What the answers are
// too short for is off.
func offloadsIn(names, features []byte) int {
	offloads := unix.TUN_F_CSUM // sums are finished by the kernel where the link cannot
	if len(names) < stringsHead {
		return offloads
	}
	count := int(binary.NativeEndian.Uint32(names[8:]))
	for i := range min(count, mostFeatures, (len(names)-stringsHead)/featureNameBytes) {
		word := featuresHead + i/32*featureBlock + activeInBlock
		if word+4 > len(features) {
			break
		}
		if binary.NativeEndian.Uint32(features[word:])>>(i%32)&1 == 0 {
			continue
		}
		name, _, _ := bytes.Cut(names[stringsHead+i*featureNameBytes:][:featureNameBytes], []byte{0})
		for _, o := range tunOffloads {
			if string(name) == o.feature {
				offloads |= o.flag
			}
		}
	}
	return offloads
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
