package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	format      = 1
	listName    = "chatter-backup.json" // the first entry of the archive
	mostInOne   = 1 << 20               // bytes of one file
	mostInAll   = 16 << 20
	ownerUnread = "unknown"
)

// file is one that a backup keeps: a regular file, or a symbolic link.
type file struct {
	Path         string
	Mode         fs.FileMode
	Owner, Group string
	Link         string `json:",omitempty"` // the target of a symbolic link
	SHA256       string
	text         []byte
}

// list describes the files of an archive.
type list struct {
	Format int
	At     time.Time
	Files  []file
}

func (m machine) read(path string) (file, error) {
	if err := allowed(path); err != nil {
		return file{}, err
	}
	info, err := os.Lstat(m.path(path))
	if err != nil {
		return file{}, err
	}
	f := file{Path: path, Mode: info.Mode().Perm(), Owner: ownerUnread, Group: ownerUnread}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		if u, err := user.LookupId(strconv.Itoa(int(stat.Uid))); err == nil {
			f.Owner = u.Username
		}
		if g, err := user.LookupGroupId(strconv.Itoa(int(stat.Gid))); err == nil {
			f.Group = g.Name
		}
	}
	switch {
	case info.Mode().Type() == fs.ModeSymlink:
		f.Link, err = os.Readlink(m.path(path))
	case !info.Mode().IsRegular():
		return f, fmt.Errorf("%s is neither a file nor a symbolic link", path)
	case info.Size() > mostInOne:
		return f, fmt.Errorf("%s is longer than %d bytes", path, mostInOne)
	default:
		f.text, err = os.ReadFile(m.path(path))
	}
	f.SHA256 = f.sum()
	return f, err
}

func (f file) sum() string {
	sum := sha256.Sum256(append([]byte(f.Link+"\n"), f.text...))
	return hex.EncodeToString(sum[:])
}

// write writes an archive that only its owner may read. It is complete or not there.
func (m machine) write(name string, files []file) error {
	var b bytes.Buffer
	packed := gzip.NewWriter(&b)
	archive := tar.NewWriter(packed)
	text, err := json.MarshalIndent(list{format, time.Now().UTC().Truncate(time.Second), files}, "", "  ")
	if err != nil {
		return err
	}
	add := func(h *tar.Header, text []byte) {
		h.Size, h.Format = int64(len(text)), tar.FormatPAX
		err = errors.Join(err, archive.WriteHeader(h))
		_, writeErr := archive.Write(text)
		err = errors.Join(err, writeErr)
	}
	add(&tar.Header{Typeflag: tar.TypeReg, Name: listName, Mode: 0o600}, text)
	for _, f := range files {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(f.Path, "/"), Mode: int64(f.Mode), Uname: f.Owner, Gname: f.Group, Linkname: f.Link}
		if f.Link != "" {
			h.Typeflag = tar.TypeSymlink
		}
		add(h, f.text)
	}
	if err := errors.Join(err, archive.Close(), packed.Close()); err != nil {
		return err
	}
	return replace(name, func(temporary string) error { return writeSynced(temporary, b.Bytes(), 0o600) })
}

// replace has make write a temporary file beside name, and renames it to name.
func replace(name string, make func(temporary string) error) error {
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".new")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := make(temporary)
	if err == nil {
		err = os.Rename(temporary, name)
	}
	if err != nil {
		os.Remove(temporary)
	}
	return err
}

func writeSynced(name string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}

// unpack reads an archive and checks that it is whole.
func unpack(r io.Reader) (list, error) {
	packed, err := gzip.NewReader(r)
	if err != nil {
		return list{}, fmt.Errorf("it is no backup of chatterctl: %w", err)
	}
	bounded := &io.LimitedReader{R: packed, N: mostInAll + 1}
	archive := tar.NewReader(bounded)
	h, err := archive.Next()
	if err != nil || h.Name != listName {
		return list{}, errors.New("it is no backup of chatterctl: it does not begin with " + listName)
	}
	var l list
	if err := json.NewDecoder(archive).Decode(&l); err != nil {
		return list{}, fmt.Errorf("its list of files cannot be read: %w", err)
	}
	if l.Format != format {
		return list{}, fmt.Errorf("it has format %d, this chatterctl reads format %d", l.Format, format)
	}
	for i := range l.Files {
		f := &l.Files[i]
		if h, err = archive.Next(); err != nil || "/"+h.Name != f.Path {
			return list{}, fmt.Errorf("it is damaged: %s is missing", f.Path)
		}
		if f.text, err = io.ReadAll(archive); err != nil {
			return list{}, fmt.Errorf("it is damaged at %s: %w", f.Path, err)
		}
		if f.sum() != f.SHA256 {
			return list{}, fmt.Errorf("it is damaged: %s is not what was written", f.Path)
		}
	}
	if _, err := archive.Next(); err != io.EOF {
		return list{}, errors.New("it is damaged, or too long: it does not end after its last file")
	}
	_, err = io.Copy(io.Discard, bounded) // reads the checksum of the compression
	if err != nil || bounded.N == 0 {
		return list{}, fmt.Errorf("it is damaged, or longer than %d bytes", mostInAll)
	}
	return l, nil
}
