package dev.backfill.spring;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** As the new version of an application maps its orders. */
@Entity
@Table(name = "orders")
class OrderEntity {
  @Id long id;
  String statusCode;
}
