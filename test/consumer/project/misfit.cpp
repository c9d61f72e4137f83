// Links only with a library that was built with the same settings.
#include <getty/connect.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

int main() {
    boost::asio::io_context context;
    const getty::connect::client client(context.get_executor(), getty::connect::client_options().credentials(
                                                                    "key", getty::connect::secret("secret")));
    std::cout << client.stats().requests << '\n';
}
