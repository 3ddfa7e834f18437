package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// An archive is a tar.gz. The comment of each header, which other programs ignore, has the format
// of the backup and the sum of the file.
const (
	comment      = "comment"
	formatPrefix = "chatter-backup-"
	format       = formatPrefix + "1"
)

const (
	mostInOne   = 1 << 20 // bytes of one file
	mostInAll   = 16 << 20
	ownerUnread = "unknown"
)

// file is one that a backup keeps: a regular file, or a symbolic link.
type file struct {
	path         string
	mode         fs.FileMode
	owner, group string
	link         string // the target of a symbolic link
	text         []byte
}

func (m machine) read(path string) (file, error) {
	if err := allowed(path); err != nil {
		return file{}, err
	}
	info, err := os.Lstat(m.path(path))
	if err != nil {
		return file{}, err
	}
	h, err := tar.FileInfoHeader(info, "") // which looks the names up
	if err != nil {
		return file{}, err
	}
	f := file{path: path, mode: info.Mode().Perm(), owner: cmp.Or(h.Uname, ownerUnread), group: cmp.Or(h.Gname, ownerUnread)}
	switch {
	case info.Mode().Type() == fs.ModeSymlink:
		f.link, err = os.Readlink(m.path(path))
	case !info.Mode().IsRegular():
		return f, fmt.Errorf("%s is neither a file nor a symbolic link", path)
	case info.Size() > mostInOne:
		return f, fmt.Errorf("%s is longer than %d bytes", path, mostInOne)
	default:
		f.text, err = os.ReadFile(m.path(path))
	}
	return f, err
}

// sum is of the target of a link, a line feed and the text.
func (f file) sum() string {
	sum := sha256.Sum256(append([]byte(f.link+"\n"), f.text...))
	return hex.EncodeToString(sum[:])
}

// write writes an archive that only its owner may read. It is complete or not there.
func (m machine) write(name string, files []file) error {
	var b bytes.Buffer
	packed := gzip.NewWriter(&b)
	archive := tar.NewWriter(packed)
	for _, f := range files {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: strings.TrimPrefix(f.path, "/"), Size: int64(len(f.text)), Mode: int64(f.mode),
			Uname: f.owner, Gname: f.group, Linkname: f.link, ModTime: time.Now(),
			PAXRecords: map[string]string{comment: format + " " + f.sum()},
		}
		if f.link != "" {
			h.Typeflag = tar.TypeSymlink
		}
		if err := archive.WriteHeader(h); err != nil {
			return err
		}
		if _, err := archive.Write(f.text); err != nil {
			return err
		}
	}
	if err := errors.Join(archive.Close(), packed.Close()); err != nil {
		return err
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is there and is no file that could be replaced", name)
	}
	return replace(name, func(temporary string) error { return writeSynced(temporary, b.Bytes()) })
}

// unpack reads an archive, checks that it is whole, and returns when it was written.
func unpack(r io.Reader) (files []file, at time.Time, err error) {
	packed, err := gzip.NewReader(r)
	if err != nil {
		return nil, at, fmt.Errorf("it is no backup of chatterctl: %w", err)
	}
	bounded := &io.LimitedReader{R: packed, N: mostInAll + 1}
	archive := tar.NewReader(bounded)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, at, fmt.Errorf("it is damaged, or longer than %d bytes: %w", mostInAll, err)
		}
		found, sum, _ := strings.Cut(h.PAXRecords[comment], " ")
		if !strings.HasPrefix(found, formatPrefix) {
			return nil, at, errors.New("it is no backup of chatterctl")
		}
		if found != format {
			return nil, at, fmt.Errorf("it has the format %s, this chatterctl reads %s", found, format)
		}
		f := file{path: "/" + h.Name, mode: fs.FileMode(h.Mode), owner: h.Uname, group: h.Gname, link: h.Linkname}
		if f.text, err = io.ReadAll(archive); err != nil {
			return nil, at, fmt.Errorf("it is damaged at %s: %w", f.path, err)
		}
		if f.sum() != sum {
			return nil, at, fmt.Errorf("it is damaged: %s is not what was written", f.path)
		}
		files, at = append(files, f), h.ModTime
	}
	_, err = io.Copy(io.Discard, bounded) // reads the checksum of the compression
	if err != nil || bounded.N == 0 || len(files) == 0 {
		return nil, at, fmt.Errorf("it is damaged, or longer than %d bytes", mostInAll)
	}
	return files, at, nil
}

// replace lets write make a temporary file beside name, and renames it to name.
func replace(name string, write func(temporary string) error) error {
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".new")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := write(temporary)
	if err == nil {
		err = os.Rename(temporary, name)
	}
	if err != nil {
		os.Remove(temporary)
	}
	return err
}

// writeSynced writes a new file that only its owner may read.
func writeSynced(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
