/*
 * enlarge.cpp - libanew from C++: handles that close themselves, errors as exceptions, pictures in vectors.
 *
 *     c++ -std=c++17 enlarge.cpp $(pkg-config --cflags --libs anew) -o enlarge
 *     enlarge IN.ppm OUT.ppm [WIDTH HEIGHT [MODEL]]        the size: any, 0 0 (the default) the model's own
 *
 * Pictures are binary PPMs (P6, 8 bits), so that this needs no library of pictures. In between they are floats, one
 * plane for each colour: any layout does, and what is worked on further need not be rounded.
 */
#include <anew.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Error : std::runtime_error {
    anew_status status;
    explicit Error(const anew_error &e) : std::runtime_error(e.text), status(e.status) {}
};

/* Called with a function of anew.h and its arguments but for the last, which is the error. */
template <class Function, class... Arguments> void call(Function function, Arguments... arguments)
{
    anew_error error;
    if (function(arguments..., &error) != ANEW_OK)
        throw Error(error);
}

struct Close {
    void operator()(anew_model *model) const { anew_model_close(&model); }
    void operator()(anew_session *session) const { anew_session_close(&session); }
};

/* Shared: a session needs its model open, and keeps it so. */
std::shared_ptr<anew_model> open_model(const char *name)
{
    anew_model *model = nullptr;
    call(anew_model_open_named, &model, name);
    return {model, Close()};
}

class Session {
public:
    explicit Session(std::shared_ptr<anew_model> model) : model_(std::move(model))
    {
        anew_session *session = nullptr;
        call(anew_session_open, &session, model_.get());
        session_.reset(session);
        anew_session_set_progress(session_.get(), told, this);
    }
    Session(const Session &) = delete; /* the library knows its address */
    Session &operator=(const Session &) = delete;

    int scale() const { return anew_model_scale(model_.get()); }

    void run(const anew_pixels &out, const anew_pixels &in)
    {
        failure_ = nullptr;
        try {
            call(anew_session_run, session_.get(), &out, &in);
        } catch (const Error &) {
            if (failure_)
                std::rethrow_exception(failure_); /* what progress() threw, not that the run was cancelled */
            throw;
        }
    }

    virtual ~Session() = default;

protected:
    virtual void progress(std::int64_t, std::int64_t) {}

private:
    /* No exception may pass through the library, which is C: it ends the run, and is thrown after it. */
    static int told(void *context, std::int64_t done, std::int64_t total)
    {
        Session *self = static_cast<Session *>(context);
        try {
            self->progress(done, total);
            return 1;
        } catch (...) {
            self->failure_ = std::current_exception();
            return 0;
        }
    }
    std::shared_ptr<anew_model> model_; /* before the session, so that it is closed after it */
    std::unique_ptr<anew_session, Close> session_;
    std::exception_ptr failure_;
};

/* [channel][y][x], 0 to 1. */
struct Picture {
    int width, height;
    std::vector<float> samples;

    Picture(int w, int h) : width(w), height(h), samples(std::size_t(3) * std::size_t(w) * std::size_t(h)) {}
    std::size_t plane() const { return std::size_t(width) * std::size_t(height); }
    anew_pixels pixels()
    {
        anew_pixels p{};
        p.data = samples.data();
        p.sample = ANEW_SAMPLE_F32;
        p.width = width;
        p.height = height;
        p.channels = 3;
        p.pixel_stride = sizeof(float);
        p.row_stride = std::ptrdiff_t(sizeof(float)) * width;
        p.channel_stride = std::ptrdiff_t(sizeof(float) * plane());
        return p;
    }
};

Picture read_ppm(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::string kind;
    int width = 0, height = 0, largest = 0;
    if (!(file >> kind >> width >> height >> largest) || kind != "P6" || largest != 255 || width < 1 || height < 1 ||
        width > 30000 || height > 30000)
        throw std::runtime_error(path + " is no PPM of 8 bits");
    file.get();
    Picture picture(width, height);
    std::vector<unsigned char> bytes(picture.samples.size());
    if (!file.read(reinterpret_cast<char *>(bytes.data()), std::streamsize(bytes.size())))
        throw std::runtime_error(path + " ends too early");
    for (std::size_t i = 0; i < bytes.size(); i++)
        picture.samples[i % 3 * picture.plane() + i / 3] = float(bytes[i]) / 255;
    return picture;
}

void write_ppm(const std::string &path, const Picture &picture)
{
    std::vector<unsigned char> bytes(picture.samples.size());
    for (std::size_t i = 0; i < bytes.size(); i++)
        bytes[i] = static_cast<unsigned char>(std::lrint(picture.samples[i % 3 * picture.plane() + i / 3] * 255));
    std::ofstream file(path, std::ios::binary);
    file << "P6\n" << picture.width << ' ' << picture.height << "\n255\n";
    file.write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
    if (!file.flush())
        throw std::runtime_error(path + " cannot be written");
}

struct Told : Session {
    using Session::Session;
    void progress(std::int64_t done, std::int64_t total) override
    {
        std::fprintf(stderr, "\r%3d %%%s", int(100 * done / total), done == total ? "\n" : "");
    }
};

} // namespace

int main(int count, char **arguments)
{
    if (count != 3 && count != 5 && count != 6) {
        std::fprintf(stderr, "usage: enlarge IN.ppm OUT.ppm [WIDTH HEIGHT [MODEL]]\n");
        return 2;
    }
    try {
        Told session(open_model(count > 5 ? arguments[5] : nullptr));
        Picture in = read_ppm(arguments[1]);
        const int width = count > 3 ? std::stoi(arguments[3]) : 0, height = count > 3 ? std::stoi(arguments[4]) : 0;
        if (width < 0 || height < 0 || (width == 0) != (height == 0))
            throw std::runtime_error("the size is WIDTH HEIGHT, or 0 0 for the model's own");
        Picture out(width > 0 ? width : in.width * session.scale(), height > 0 ? height : in.height * session.scale());
        session.run(out.pixels(), in.pixels());
        write_ppm(arguments[2], out);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "enlarge: %s\n", e.what());
        return 1;
    }
    return 0;
}
