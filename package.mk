# package.mk - `make dist` and `make deb`: what is handed out. Two runs give the same bytes, on whatever day and in
# whatever folder: files in one order, owned by nobody in particular, dated as the newest entry of debian/changelog.
#
# A debian/ folder and not a script around dpkg-deb: debhelper knows what a package has to have (checksums, the shared
# library's triggers, dependencies read from what is linked, separate debugging symbols, compressed pages), lintian
# expects it to be done its way, and a distribution can take the folder as it is. The price is that building needs debhelper.

DIST_NAME := anew-$(VERSION)
DIST      := build/dist/$(DIST_NAME).tar.gz
# Given from outside, SOURCE_DATE_EPOCH counts: reproducible-builds.org.
EPOCH     = $(or $(SOURCE_DATE_EPOCH),$(shell date -d "$$(sed -n '/^ -- /{s/.*>  //p;q}' debian/changelog)" +%s))
# The sources: what git knows; in an unpacked tarball, which has no git, all that was not built.
SOURCE_FILES = if test -e .git; then git ls-files; else find . -path ./build -prune -o '(' -type f -o -type l ')' -printf '%P\n'; fi

.PHONY: dist deb $(DIST)

## dist: the sources as build/dist/anew-VERSION.tar.gz, the same bytes each time
dist: $(DIST)

$(DIST):
	@mkdir -p $(@D)
	$(SOURCE_FILES) | LC_ALL=C sort | while read -r file; do test -e "$$file" && printf '%s\n' "$$file"; done | \
	  tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime=@$(EPOCH) \
	    --transform='s,^,$(DIST_NAME)/,rS' --no-recursion -T - -cf $(@:.gz=)
	gzip -9nf $(@:.gz=)

# The architecture's name at Debian: amd64, or CROSS's.
DEB_ARCH = $(shell dpkg-architecture $(if $(CROSS),-t$(CROSS)) -qDEB_HOST_ARCH 2>/dev/null)
# Debian's own builders run `make check`, too; here `make check` does. DEB_BUILD_OPTIONS= runs it.
DEB_BUILD_OPTIONS ?= nocheck

## deb: Debian packages in build/deb, of an unpacked `make dist`; for another CPU by CROSS=aarch64-linux-gnu
deb: $(DIST)
	@command -v dh >/dev/null && command -v dpkg-buildpackage >/dev/null || \
	  { echo 'deb: debhelper is needed: apt-get install dpkg-dev debhelper'; exit 1; }
	rm -rf build/deb-$(DEB_ARCH)
	mkdir -p build/deb-$(DEB_ARCH) build/deb
	tar -C build/deb-$(DEB_ARCH) -xzf $(DIST)
	cd build/deb-$(DEB_ARCH)/$(DIST_NAME) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CROSS SOURCE_DATE_EPOCH=$(EPOCH) \
	  DEB_BUILD_OPTIONS='$(DEB_BUILD_OPTIONS)' $(if $(CROSS),CONFIG_SITE=) dpkg-buildpackage --build=binary --no-sign --host-arch=$(DEB_ARCH)
	mv build/deb-$(DEB_ARCH)/*.deb build/deb-$(DEB_ARCH)/*.changes build/deb-$(DEB_ARCH)/*.buildinfo build/deb/
	rm -rf build/deb-$(DEB_ARCH)
