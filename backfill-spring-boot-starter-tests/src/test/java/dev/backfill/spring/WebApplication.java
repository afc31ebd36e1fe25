package dev.backfill.spring;

import com.jayway.jsonpath.JsonPath;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** A small web application with Actuator on a port of its own, asked as an operator asks it. */
record WebApplication(ConfigurableApplicationContext context, HttpClient client)
    implements AutoCloseable {

  // By the name of either Boot; one that is not there is passed over.
  private static final String JPA =
      "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration,"
          + "org.springframework.boot.autoconfigure.data.jpa.JpaRepositoriesAutoConfiguration,"
          + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
          + "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration";

  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {}

  /** Its answer, parsed as it is read. */
  record Answer(int status, String body) {
    Object read(String path) {
      return JsonPath.read(body, path);
    }

    String text(String path) {
      return String.valueOf(read(path));
    }
  }

  static WebApplication start(TestServer.Database database, String... properties) {
    List<String> all = new ArrayList<>(List.of(database.properties()));
    all.addAll(List.of(properties));
    return start(all);
  }

  static WebApplication start(List<String> properties) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--spring.flyway.enabled=false",
                "--spring.autoconfigure.exclude=" + JPA,
                "--management.endpoints.web.exposure.include=health,backfills",
                "--management.endpoint.health.show-details=always",
                "--management.endpoint.health.probes.enabled=true",
                "--management.health.diskspace.enabled=false"));
    for (String property : properties) {
      arguments.add("--" + property);
    }
    return new WebApplication(
        new SpringApplicationBuilder(Application.class).run(arguments.toArray(String[]::new)),
        HttpClient.newHttpClient());
  }

  Answer get(String path) {
    return send(request(path).GET());
  }

  Answer post(String path) {
    return send(request(path).POST(BodyPublishers.noBody()));
  }

  Answer post(String path, String json) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json)));
  }

  private HttpRequest.Builder request(String path) {
    String port = context.getEnvironment().getProperty("local.server.port");
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/" + path));
  }

  private Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    context.close();
  }
}
