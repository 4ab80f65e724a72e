// Package images makes the container images of the services that the suites
// break. Each function returns the reference of an image that the Docker Engine
// has when the function returns: it is made at the first call, found later on.
// Parallel processes may call at once.
//
// The images are imported, not built, so that no builder and no registry is
// needed. Their tags are their content: a changed source is a new tag.
package images

import "context"

// Shop is the shop with a timeout and a fallback for each dependency. It serves
// HTTP on port 8080.
func Shop(ctx context.Context) (string, error) {
	return service{name: "shop", variant: "careful", ports: []string{"8080/tcp"}}.image(ctx)
}

// ShopCareless is the shop after a careless commit: both are gone.
func ShopCareless(ctx context.Context) (string, error) {
	return service{name: "shop", variant: "careless", ports: []string{"8080/tcp"}}.image(ctx)
}

// Catalogue serves prices out of Redis over HTTP on port 8080.
func Catalogue(ctx context.Context) (string, error) {
	return service{name: "catalogue", ports: []string{"8080/tcp"}}.image(ctx)
}

// Echo answers with the time of receipt: TCP and UDP on port 7, HTTP on 8080.
func Echo(ctx context.Context) (string, error) {
	return service{name: "echo", ports: []string{"7/tcp", "7/udp", "8080/tcp"}}.image(ctx)
}

// Replica is one of several that should be alike, on HTTP port 8080. Its
// environment says in what it differs: see testdata/services/replica.
func Replica(ctx context.Context) (string, error) {
	return service{name: "replica", ports: []string{"8080/tcp"}}.image(ctx)
}

// Redis is the real Redis, on port 6379 and open to all: the official image where a
// registry answers, else Debian's package. To give it other options, run it with the
// command `redis-server OPTIONS`.
func Redis(ctx context.Context) (string, error) {
	return server{
		name:     "redis",
		pulled:   "redis:7-alpine",
		packages: []string{"redis-server"},
		programs: []string{"/usr/bin/redis-server", "/usr/bin/redis-cli"},
		changes: []string{
			"EXPOSE 6379/tcp",
			"WORKDIR /data",
			`CMD ["redis-server", "--protected-mode", "no", "--save", "", "--appendonly", "no"]`,
		},
	}.image(ctx)
}

// Nginx is the real nginx with one page on port 80. It comes from where Redis comes from.
func Nginx(ctx context.Context) (string, error) {
	return server{
		name:     "nginx",
		pulled:   "nginx:1-alpine",
		packages: []string{"nginx"},
		programs: []string{"/usr/sbin/nginx"},
		files: map[string]string{
			"/etc/nginx/nginx.conf":            nginxConf,
			"/usr/share/nginx/html/index.html": "<!doctype html><title>nginx</title>Served.\n",
		},
		changes: []string{"EXPOSE 80/tcp", `CMD ["nginx", "-g", "daemon off;"]`},
	}.image(ctx)
}

const nginxConf = `user root;
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
	access_log /dev/stdout;
	client_body_temp_path /tmp/body;
	proxy_temp_path /tmp/proxy;
	fastcgi_temp_path /tmp/fastcgi;
	uwsgi_temp_path /tmp/uwsgi;
	scgi_temp_path /tmp/scgi;
	server {
		listen 80;
		root /usr/share/nginx/html;
	}
}
`
