package userspace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tunOffloads lists the features with which a link takes large frames, by ethtool's names,
// and the flag with which the TAP takes them. A packet socket that bypasses the qdisc does
// not segment frames: the kernel drops frames that are too large for the link. So the TAP
// takes only what the link takes, and the kernel segments the rest before the TAP.
var tunOffloads = []struct {
	feature string
	flag    int
}{
	{"tx-tcp-segmentation", unix.TUN_F_TSO4},
	{"tx-tcp6-segmentation", unix.TUN_F_TSO6},
	{"tx-tcp-ecn-segmentation", unix.TUN_F_TSO_ECN},
	{"tx-udp-segmentation", unix.TUN_F_USO4 | unix.TUN_F_USO6},
}

// allOffloads holds all offloads that the TAP can have.
const allOffloads = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_TSO_ECN | unix.TUN_F_USO4 | unix.TUN_F_USO6

// The answers of ethtool, from include/uapi/linux/ethtool.h.
const (
	featureNameBytes = 32  // ETH_GSTRING_LEN
	mostFeatures     = 256 // Linux 6.18 has fewer than 80
	stringsHead      = 12  // struct ethtool_gstrings: command, set, count, then the names
	featuresHead     = 8   // struct ethtool_gfeatures: command, blocks, then the blocks
	// A block describes 32 features: available, requested, active, never_changed.
	featureBlock  = 16
	activeInBlock = 8
)

// offloadsOf asks for the offloads of a link. The link is in the namespace of the socket.
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

// offloadsIn reads which offloads the link has switched on. Features beyond the end of the
// answers count as off.
func offloadsIn(names, features []byte) int {
	offloads := unix.TUN_F_CSUM // the kernel finishes checksums if the link cannot
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

// setOffloads sets which large frames the TAP takes without segmentation.
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
