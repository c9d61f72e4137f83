// Where the service has its images.
#pragma once

#include <string>
#include <string_view>

namespace getty::connect::lookup {

/// The half of a dialect that concerns images: the wire's own words. Stateless after construction.
class image_dialect {
public:
    virtual ~image_dialect() = default;

    /// Appends the request target of one image. `id` is valid; texts are encoded here.
    virtual void append_image_target(std::string& out, std::string_view id, std::string_view language,
                                     std::string_view coordination_id) const = 0;
};

}  // namespace getty::connect::lookup
